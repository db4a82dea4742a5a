"""Redis input and output: connections, keys, scripts, and batched calls."""
