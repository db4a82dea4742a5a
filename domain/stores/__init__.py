"""What the stores tell of themselves: the clock of one, why it fails, and what it may forget."""
