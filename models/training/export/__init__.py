"""From weights to the files that the engine reads."""
