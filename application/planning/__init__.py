"""Changes what an admin plans for a room."""
