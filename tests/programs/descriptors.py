"""Programs in which the descriptor itself is what is odd."""

from __future__ import annotations

from tests.programs.program import program

PROGRAMS = dict(
    [
        program(
            "closing, and a file made of it",
            """
    FILES = []
    for _ in range(TIMES):
        sock = new()
        FILES.append(sock.makefile("rb"))
        sock.close()
    del sock
    """,
            "closing",
            "global FILES[0] of __main__",
            "each item of global FILES of module __main__",
            "close() was called",
            "global FILES",
        ),
        program(
            "two owners",
            """
    PAIRS = []
    for _ in range(TIMES):
        sock = new()
        PAIRS.append((Connection(sock), Connection(socket.socket(fileno=sock.fileno()))))
    del sock
    """,
            "shared",
            "Connection.sock",
            "each item of global PAIRS of module __main__",
            "2 objects own it",
        ),
        program(
            "a number in an attribute",
            """
    class Port:
        def __init__(self, fd):
            self.fd = fd
    PORTS = []
    for _ in range(TIMES):
        PORTS.append(Port(new().detach()))
    """,
            "raw",
            "Port.fd (likely)",
            None,
            "Port.fd",
        ),
        program(
            "a number that nobody has",
            """
    for _ in range(TIMES):
        new().detach()
    """,
            "native",
            None,
            None,
            "no object",
        ),
        program(
            "inherited",
            """
    for _ in range(TIMES):
        new().detach()
    pyhandles.uninstall()
    pyhandles.install("it.pkl", on=(), quiet=True)
    """,
            "inherited",
            None,
            None,
            "it was open when pyhandles was installed",
        ),
    ]
)
