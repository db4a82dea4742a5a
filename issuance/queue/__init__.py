"""The queue: RQ jobs, the workers that run them, and checks of what Redis holds."""
