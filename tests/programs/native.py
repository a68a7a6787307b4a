"""Programs whose handles are held by native code."""

from __future__ import annotations

from tests.programs.program import program

PROGRAMS = dict(
    [
        program(
            "a callback in C",
            """
    import ctypes
    for _ in range(TIMES):
        conn = Connection(new())
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(conn))
    del conn
    """,
            "native",
            "Connection.sock",
            None,
            "native code",
            "1 reference",
        ),
        program(
            "a function of a database",
            """
    import sqlite3
    DATABASE = sqlite3.connect(":memory:")
    class Lookup(Connection):
        def find(self, key): return 1
    for number in range(TIMES):
        DATABASE.create_function(f"f{number}", 1, Lookup(new()).find)
    """,
            "native",
            "Lookup.sock",
            None,
            "native code",
        ),
        program(
            "a parser's handler",
            """
    from xml.parsers import expat
    PARSERS = []
    class Feed(Connection):
        def begin(self, *_): pass
    for _ in range(TIMES):
        PARSERS.append(expat.ParserCreate())
        PARSERS[-1].StartElementHandler = Feed(new()).begin
    """,
            "rooted",
            "Feed.sock",
            "each item of global PARSERS of module __main__",
            "global PARSERS",
        ),
    ]
)
