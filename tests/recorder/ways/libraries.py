"""Native libraries that are loaded late."""

from __future__ import annotations

import importlib
import sys

from tests.recorder.ways import WAYS, way


@way
def numbers_in_a_file():
    import numpy as np

    mapped = np.memmap("numbers", dtype="u4", mode="w+", shape=(1024,))
    mapped[:] = 1
    mapped.flush()
    np.save("saved.npy", mapped)
    np.load("saved.npy", mmap_mode="r")
    np.fromfile("numbers", dtype="u4")
    return mapped


@way
def modules_that_are_imported_late():
    for name in ("curses", "lzma", "bz2", "ctypes", "xml.etree.ElementTree", "decimal", "unicodedata", "readline"):
        sys.modules.pop(name, None)
        try:
            importlib.import_module(name)
        except ImportError:
            continue


@way
def an_extension_that_is_loaded_late():
    import late

    for name in late.ways():
        WAYS.setdefault(name if name.startswith("limit_") else f"late_{name}", _way_of_extension(late, name))


def _way_of_extension(late, name: str):
    return lambda: late.run(name)
