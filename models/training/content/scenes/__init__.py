"""Scenes: things set up, lit and looked at, as records for the tracer; one idea a file."""
