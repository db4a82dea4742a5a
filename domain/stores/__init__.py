"""What both stores share: reading a remote clock, naming an error's cause, eviction policies."""
