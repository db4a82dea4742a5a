"""Live: places as server-sent events to many at once, from one reading of the line a beat."""
