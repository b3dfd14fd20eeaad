"""What is learnt from: made-up objects, textures and scenes, and the studio that photographs them."""
