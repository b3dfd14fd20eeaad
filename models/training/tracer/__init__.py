"""The path tracer: C++ and CUDA from one source, built where it is used."""
