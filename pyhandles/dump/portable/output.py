"""The file that a capture writes: under a temporary name, and under its own when it is complete."""

from __future__ import annotations

import errno
import os

from pyhandles.dump.portable import kernel

_MOST_NAMES = 10_000
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def expand(template: str, pid: int, trigger: str) -> str:
    name = "".join(each if each.isascii() and (each.isalnum() or each in "_.%") else "-" for each in trigger)
    return template.replace("{pid}", str(pid)).replace("{trigger}", name)


class Output:
    """As much of a binary file as the writer of snapshots needs."""

    def __init__(self, path: str, pid: int) -> None:
        self._path = path
        directory, name = os.path.split(path)
        self._temporary, self._fd = _open_first_free(os.path.join(directory, f".{name[:100]}.{pid}"))

    def write(self, data: bytes | memoryview) -> int:
        kernel.write(self._fd, data)
        return len(data)

    def publish(self) -> str:
        """Give it the first free name, and say which."""
        kernel.close(self._fd)
        stem, dot = os.path.splitext(self._path)
        for number in range(1, _MOST_NAMES):
            name = self._path if number == 1 else f"{stem}-{number}{dot}"
            try:
                kernel.link(self._temporary, os.fsencode(name))
            except OSError as error:
                if error.errno != errno.EEXIST:
                    raise
                continue
            kernel.unlink(self._temporary)
            return name
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))

    def discard(self) -> None:
        kernel.close(self._fd)
        kernel.unlink(self._temporary)


def _open_first_free(stem: str) -> tuple[bytes, int]:
    for attempt in range(_MOST_NAMES):
        path = os.fsencode(f"{stem}-{attempt}.part")
        try:
            return path, kernel.open_file(path, _FLAGS, 0o600)
        except OSError as error:
            if error.errno != errno.EEXIST:
                raise
    raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
