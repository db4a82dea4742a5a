"""Limits that all processes share, counted in Redis: requests, and attempts to sign in."""
