"""A small program that leaks, and what its user should be told.

The preamble gives it ``new()``, which opens a socket and notes its number, and ``TIMES``, how often to leak. After
the program, a capture is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

PREAMBLE = """
import gc, os, socket, sys, threading
import pyhandles

TIMES = int(sys.argv[1])
made = []

def new():
    sock = socket.socket()
    made.append(sock.fileno())
    return sock

class Connection:
    def __init__(self, sock):
        self.sock = sock

def in_thread(function, *arguments):
    thread = threading.Thread(target=function, args=arguments, name="worker", daemon=True)
    thread.start()
    return thread

pyhandles.install("it.pkl", on=(), quiet=True)
"""

END = """
pyhandles.capture()
print(*made, flush=True)
os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class Program:
    """``verdict``: its kind. ``says``: what its text has to hold. ``holder`` and ``cut``: exactly.

    together: whether all of them are one cause.
    """

    source: str
    verdict: str
    holder: str | None
    cut: str | None
    says: tuple[str, ...] = ()
    together: bool = True

    @property
    def whole(self) -> str:
        return PREAMBLE + dedent(self.source) + END


def program(
    name: str, source: str, verdict: str, holder: str | None, cut: str | None, *says: str, together: bool = True
) -> tuple[str, Program]:
    """An item of the table."""
    return name, Program(source, verdict, holder, cut, says, together)
