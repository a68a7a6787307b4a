"""An importer that keeps its failures, and with them every file that it failed on.

    python -m pyhandles.dump --limit 64 -- examples/leaky_files.py

`read_orders` does not close its file: it counts on CPython, which closes it when the function returns. Where a line
is wrong, the function raises instead, and the importer keeps the exception for its report. An exception keeps its
traceback, the traceback the frame, and the frame its local variable `file`. Python's garbage collector is left at its
defaults; there is no garbage here for it to find.
"""

from __future__ import annotations

import tempfile
from pathlib import Path


def read_orders(path: Path) -> list[int]:
    """The amounts in a file of one order a line."""
    file = path.open(encoding="utf-8")
    return [int(line) for line in file]


def import_all(paths: list[Path]) -> list[Exception]:
    """Import every file; returns what went wrong, for the report."""
    failures: list[Exception] = []
    for path in paths:
        try:
            read_orders(path)
        except ValueError as error:
            failures.append(error)
    return failures


def main() -> None:
    directory = Path(tempfile.mkdtemp(prefix="orders-"))
    paths = [directory / f"{number:03}.txt" for number in range(200)]
    try:
        for path in paths:
            path.write_text("12\n7\nn/a\n", encoding="utf-8")
        failures = import_all(paths)
    finally:
        for path in paths:
            path.unlink()
        directory.rmdir()
    print(f"{len(failures)} files could not be read, and descriptors enough for all. Run it with fewer: --limit 64")


if __name__ == "__main__":
    main()
