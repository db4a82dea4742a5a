"""Sites: what belongs to the rooms that lead to somebody's own site."""
