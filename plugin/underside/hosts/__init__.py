"""What installs and serves the doors of other programs."""
