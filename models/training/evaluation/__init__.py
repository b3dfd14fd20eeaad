"""How good a network is, told so that nobody is fooled."""
