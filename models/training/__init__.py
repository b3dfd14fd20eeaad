"""The open training of the embedded network: made-up scenes in, weights out."""
