"""An upload handler that closes its descriptors twice, and once in a while somebody else's.

    python -m pyhandles.dump --record -- examples/double_close.py
    python -m pyhandles.dump --record -- examples/double_close.py --fixed

`store` makes a temporary file, hands its descriptor to a file object, which closes it, and closes it again to be on
the safe side. Mostly that fails, and the failure is passed over. But if another thread has been given the number in
between, its file is closed under its hands. The recorder tells of the second close at once, with where the first had
been and where the descriptor was opened, also where nothing has gone wrong yet. `--fixed` closes once.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

UPLOADS = 400


def store(directory: Path, data: bytes, *, fixed: bool) -> Path:
    """Write the data to a file of its own."""
    descriptor, path = tempfile.mkstemp(dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    finally:
        if not fixed:
            close_quietly(descriptor)
    return Path(path)


def close_quietly(descriptor: int) -> None:
    with suppress(OSError):
        os.close(descriptor)


def main() -> None:
    fixed = "--fixed" in sys.argv[1:]
    lost = 0
    counting = threading.Lock()

    def upload(number: int) -> None:
        nonlocal lost
        data = b"%d " % number * 5000
        try:
            stored = store(directory, data, fixed=fixed).read_bytes() == data
        except OSError:
            stored = False
        with counting:
            lost += not stored

    with tempfile.TemporaryDirectory(prefix="uploads-") as name:
        directory = Path(name)
        with ThreadPoolExecutor(4, thread_name_prefix="upload") as pool:
            list(pool.map(upload, range(UPLOADS)))
    print(f"{UPLOADS} uploads, {lost} of them lost")


if __name__ == "__main__":
    main()
