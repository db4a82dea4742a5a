"""Caches: values computed once for many requests, and static files."""
