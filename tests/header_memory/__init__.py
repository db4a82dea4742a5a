"""Header memory: what a web process keeps of headers with many distinct values."""
