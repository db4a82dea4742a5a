"""A crowd's connections each take one, and the usual limit is a thousand."""

from __future__ import annotations


def raise_limit() -> None:
    """As many as the system allows this user."""
    try:
        import resource
    except ImportError:  # there is no such limit on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
