"""The line: every member gets a place on arrival, and nobody overtakes."""
