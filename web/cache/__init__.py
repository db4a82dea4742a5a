"""Caches: values computed once for many requests, and files that browsers may keep."""
