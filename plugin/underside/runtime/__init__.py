"""What onnxruntime can really do on this machine."""
