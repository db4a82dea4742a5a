"""Limits: how many requests or attempts are let through, counted in Redis."""
