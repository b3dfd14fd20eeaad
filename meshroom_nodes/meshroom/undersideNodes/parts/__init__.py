"""What the nodes are made of: the standard library only, and the engine as a process of its own."""
