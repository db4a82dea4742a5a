"""The API for sites: passes, checks by proxies, and visits."""
