"""A person at a terminal, for tests: types, and waits for what the screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios

CTRL_C, CTRL_D, TAB, UP = "\x03", "\x04", "\t", "\x1b[A"
PATIENCE = 60.0

WHERE_IS_THE_CURSOR, IN_THE_FIRST_LINE = b"\x1b[6n", b"\x1b[1;1R"

_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\^_=>])")


# Takes the terminal for its own, and Ctrl-C as it is from the start: a shell's background jobs are started without.
TAKE_THE_TERMINAL = """
import os, signal, sys
os.login_tty(0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A program on a terminal of its own, ``columns`` by ``rows``."""

    def __init__(self, argv: list[str], *, columns: int = 80, rows: int = 24, **environment: str) -> None:
        self._fd, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        sizes_of_others = {"COLUMNS", "LINES"}
        inherited = {name: value for name, value in os.environ.items() if name not in sizes_of_others}
        self._program = subprocess.Popen(
            [sys.executable, "-c", TAKE_THE_TERMINAL, *argv],
            env=inherited | {"TERM": "xterm"} | environment,
            stdin=inside,
            stdout=inside,
            stderr=inside,
        )
        os.close(inside)
        self._unread = ""
        self.status: int | None = None

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
        self.status = self._program.wait()
        return self._unread, self.status

    def close(self) -> None:
        if self.status is None:
            self._program.kill()
            self._program.wait()
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
