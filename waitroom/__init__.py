"""The line: everyone who arrives gets a place at once, and nobody overtakes."""
