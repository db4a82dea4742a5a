"""Crowd: simulated members who enter and wait, and the verdict on their outcomes."""
