"""Route flood: every route of the application flooded in turn, and what others feel of it."""
