"""Whole two-pass captures, rendered from seeds: photos, plates, true masks and cameras to learn and judge on."""
