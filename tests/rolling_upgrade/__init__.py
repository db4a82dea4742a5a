"""Rolling upgrade: replaces an older release by this one, process by process, under a crowd."""
