"""Open files: raises the limit on file descriptors, of which each connection takes one."""

from __future__ import annotations


def raise_limit() -> None:
    """Raise the soft limit to the hard limit."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
