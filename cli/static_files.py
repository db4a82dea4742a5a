"""waitroom static-files: write the style sheets and scripts for a proxy to serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from processes.settings.reader import BadSettings
from web.cache.static_export import export_static_files


def static_files(
    folder: Annotated[Path, typer.Argument(help="Where the proxy looks for them.")],
) -> None:
    """Add this release's static files to FOLDER, for a proxy; files of other releases stay."""
    try:
        added = export_static_files(folder)
    except OSError as error:
        raise BadSettings(
            f"FOLDER cannot be written: {error}. Name a folder that this user may write to."
        ) from None
    print(f"{added} new static files in {folder}.")
