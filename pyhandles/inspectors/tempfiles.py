"""Temporary files: what `tempfile` puts around a file to remove it in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import fixed

if TYPE_CHECKING:
    from pyhandles.inspectors.role import Fields

WRAPPERS = frozenset(
    {
        "tempfile.SpooledTemporaryFile",
        "tempfile._TemporaryFileCloser",
        "tempfile._TemporaryFileWrapper",
    }
)

FIELDS: Fields = {
    ("tempfile.SpooledTemporaryFile", "_file"): fixed(
        "temporary file of a SpooledTemporaryFile", "with SpooledTemporaryFile(...) as file:"
    ),
    ("tempfile._TemporaryFileWrapper", "file"): fixed(
        "temporary file of NamedTemporaryFile()", "with NamedTemporaryFile(...) as file:"
    ),
}
