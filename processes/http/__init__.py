"""The HTTP server: its processes, sockets, restarts and port."""
