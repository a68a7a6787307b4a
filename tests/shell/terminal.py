"""A person at a terminal, for tests: types, and waits for what the screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios

CTRL_C, CTRL_D, TAB, UP = "\x03", "\x04", "\t", "\x1b[A"
PATIENCE = 60.0

WHERE_IS_THE_CURSOR, IN_THE_FIRST_LINE = b"\x1b[6n", b"\x1b[1;1R"

_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\^_=>])")


class Terminal:
    """A program on a terminal of its own, ``columns`` by ``rows``."""

    def __init__(self, argv: list[str], *, columns: int = 80, rows: int = 24, **environment: str) -> None:
        pid, self._fd = pty.fork()
        if pid == 0:
            os.execve(argv[0], argv, os.environ | {"TERM": "xterm"} | environment)
        self._pid = pid
        self._unread = ""
        self.status: int | None = None
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def wait_for(self, text: str) -> str:
        """Read until the text comes; gives what was shown up to its end, without escapes."""
        while text not in self._unread:
            if not self._read():
                raise AssertionError(f"it ended before {text!r}; there was: {self._unread}")
        before, _, self._unread = self._unread.partition(text)
        return before + text

    def wait_for_end(self) -> tuple[str, int]:
        """What is shown until the program ends, and its exit status."""
        while self._read():
            pass
        self.status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._unread, self.status

    def close(self) -> None:
        if self.status is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._fd)

    def _read(self) -> bool:
        """Read what is there, waiting for something; False at the end."""
        if not select.select([self._fd], [], [], PATIENCE)[0]:
            raise AssertionError(f"nothing more came; there was: {self._unread}")
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            return False
        if WHERE_IS_THE_CURSOR in data:
            os.write(self._fd, IN_THE_FIRST_LINE)
        self._unread = _ESCAPES.sub("", self._unread + data.decode(errors="replace")).replace("\r", "")
        return bool(data)
