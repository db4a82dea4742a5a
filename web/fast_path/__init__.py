"""The fast path: requests that a crowd sends, answered before the framework."""
