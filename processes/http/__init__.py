"""HTTP: the server with its processes, signals and port check."""
