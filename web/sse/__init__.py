"""Server-sent events: one read of the line per interval serves all streams of a room."""
