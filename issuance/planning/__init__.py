"""Stores what an admin plans for a room: drafts, archives, copies, rehearsals and rate steps."""
