"""Made-up pictures, SIDE x SIDE of RGB: one file a family, each a function from dice to a picture of 0..255."""
