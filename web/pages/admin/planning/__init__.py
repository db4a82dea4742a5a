"""The console's pages of what an admin plans for a room."""
