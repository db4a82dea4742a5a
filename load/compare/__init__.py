"""The ways to issue, side by side: the same crowd for each, and what became of it."""
