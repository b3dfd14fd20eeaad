"""How weights come to be: losses, samples, steps, and what is kept of them."""
