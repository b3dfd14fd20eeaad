"""A platter that masks keep, found and cut off in one pass by itself."""
