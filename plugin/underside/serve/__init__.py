"""rembg's address: an HTTP service that programs made for ``rembg s`` can use without noticing."""
