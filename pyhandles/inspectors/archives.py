"""Archives and compressed files: the file beneath a `ZipFile`, a `TarFile`, a `GzipFile`, and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import fixed

if TYPE_CHECKING:
    from pyhandles.inspectors.role import Fields

WRAPPERS = frozenset(
    {
        "_compression.DecompressReader",
        "compression._common._streams.DecompressReader",
        "gzip._PaddedFile",
        "gzip._WriteBufferStream",
        "tarfile._FileInFile",
        "tarfile._Stream",
        "zipfile._SharedFile",
        "zipfile._Tellable",
        "zipfile._ZipWriteFile",
    }
)

LIBRARY = frozenset(
    {
        "bz2.BZ2File",
        "compression.zstd._zstdfile.ZstdFile",
        "gzip.GzipFile",
        "lzma.LZMAFile",
        "tarfile.ExFileObject",
        "tarfile.TarFile",
        "zipfile.ZipExtFile",
        "zipfile.ZipFile",
    }
)

FIELDS: Fields = {
    ("zipfile.ZipFile", "fp"): fixed("archive of zipfile.ZipFile", "with ZipFile(...) as archive:"),
    ("zipfile.ZipExtFile", "_fileobj"): fixed(
        "archive of a zipfile member", "close the member, too: with archive.open(...) as member:"
    ),
    ("tarfile.TarFile", "fileobj"): fixed("archive of tarfile.TarFile", "with tarfile.open(...) as archive:"),
    ("tarfile._FileInFile", "fileobj"): fixed("archive of a tarfile member", "with tarfile.open(...) as archive:"),
    ("gzip.GzipFile", "myfileobj"): fixed("file of gzip.GzipFile", "with gzip.open(...) as file:"),
    ("gzip.GzipFile", "fileobj"): fixed("file of gzip.GzipFile"),
    ("bz2.BZ2File", "_fp"): fixed("file of bz2.BZ2File", "with bz2.open(...) as file:"),
    ("lzma.LZMAFile", "_fp"): fixed("file of lzma.LZMAFile", "with lzma.open(...) as file:"),
}
