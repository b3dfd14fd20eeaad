"""What several commands need: options and their values, and how the work is shown."""
