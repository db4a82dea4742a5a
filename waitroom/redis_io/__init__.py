"""Redis input and output: connections, keys and scripts."""
