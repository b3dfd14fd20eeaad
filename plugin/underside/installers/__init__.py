"""What brings the nodes to Meshroom, the menu to Metashape, and a watch to the system's own services."""
