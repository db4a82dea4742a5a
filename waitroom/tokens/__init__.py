"""Signed values: tickets and challenges, and their HMAC keys."""
