"""Signed values: tickets and challenges, and the HMAC under them."""
