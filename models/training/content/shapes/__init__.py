"""Made-up things: one file a family, each a function from dice to a mesh."""
