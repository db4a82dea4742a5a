"""Commands that change what exists, and what they ask before."""
