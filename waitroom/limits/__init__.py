"""Limits that all processes share through Redis: on requests, and on sign-in attempts."""
