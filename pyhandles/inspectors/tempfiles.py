"""Temporary files: what `tempfile` puts around a file to remove it in time."""

from __future__ import annotations

WRAPPERS = frozenset(
    {
        "tempfile.SpooledTemporaryFile",
        "tempfile._TemporaryFileCloser",
        "tempfile._TemporaryFileWrapper",
    }
)
