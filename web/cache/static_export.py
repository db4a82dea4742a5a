"""Static export: writes the static files for a proxy, which serves them without asking `web`.

`VERSION/static/PATH`, with compressed variants (`.br`, `.gz`) beside it, has the content that
`/static/PATH?v=VERSION` names. Files of other releases stay: open pages still ask for them.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from web.cache.static_files import BUNDLES, CODINGS, list_files, read_asset

SUFFIXES = {"br": ".br", "gzip": ".gz"}
# One for all hosts and releases, as proxies make the ETag of it. The address has the digest.
MODIFIED_AT_S = 1_767_225_600


def export_static_files(folder: Path) -> int:
    """Add this release's files to `folder`. Returns how many were new. Raises OSError."""
    added = 0
    for name in (*list_files(), *BUNDLES):
        asset = read_asset(name)
        path = folder / asset.version / "static" / BUNDLES.get(name, (name,))[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        for coding, suffix in SUFFIXES.items():
            _write_if_new(path.with_name(path.name + suffix), CODINGS[coding](asset.body))
        # Last, as a proxy looks for it first.
        added += _write_if_new(path, asset.body)
    return added


def _write_if_new(path: Path, body: bytes) -> bool:
    """Write all of it or nothing, as a proxy may be reading. Returns whether it was not there."""
    if path.is_file() and path.read_bytes() == body:
        return False
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        unfinished.write_bytes(body)
        os.utime(unfinished, (MODIFIED_AT_S, MODIFIED_AT_S))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return True
