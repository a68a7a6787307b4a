"""Programs whose handles only a cycle keeps, and what looks like it."""

from __future__ import annotations

from tests.programs.program import program

PROGRAMS = dict(
    [
        program(
            "a parent and its entry",
            """
    gc.disable()
    class Parent:
        def __init__(self):
            self.entry = Entry(self)
    class Entry:
        def __init__(self, parent):
            self.parent, self.sock = parent, new()
    for _ in range(TIMES):
        Parent()
    """,
            "garbage",
            "Entry.sock",
            "Parent.entry",
            "Entry.parent",
            "Parent.entry",
            "disabled",
        ),
        program(
            "a method of its own as a callback",
            """
    gc.disable()
    class Client(Connection):
        def __init__(self, sock):
            super().__init__(sock)
            self.on_close = self.close
        def close(self): pass
    for _ in range(TIMES):
        Client(new())
    """,
            "garbage",
            "Client.sock",
            "Client.on_close",
            "Client.on_close",
        ),
        program(
            "a closure that knows itself",
            """
    gc.disable()
    def serve(conn):
        def again():
            return conn, again
    for _ in range(TIMES):
        serve(Connection(new()))
    """,
            "garbage",
            "Connection.sock",
            "closure variable again of function serve.<locals>.again (app.py:26)",
            "closure variable again",
        ),
        program(
            "a cycle that the collector has not come to",
            """
    class Exchange(Connection):
        def __init__(self, sock):
            super().__init__(sock)
            self.me = self
    gc.collect()
    gc.set_threshold(100_000, 50, 1000)
    for _ in range(TIMES):
        Exchange(new())
    """,
            "garbage",
            "Exchange.sock",
            "Exchange.me",
            "only a cycle keeps it: Exchange.me → Exchange",
        ),
        program(
            "a finaliser in a cycle",
            """
    gc.disable()
    class Exchange(Connection):
        def __init__(self, sock):
            super().__init__(sock)
            self.me = self
        def __del__(self):
            self.sock.close()
    for _ in range(TIMES):
        Exchange(new())
    """,
            "garbage",
            "Exchange.sock",
            "Exchange.me",
            "disabled",
        ),
        program(
            "frozen",
            """
    class Exchange(Connection):
        def __init__(self, sock):
            super().__init__(sock)
            self.me = self
    made_before = [Exchange(new()) for _ in range(TIMES)]
    gc.freeze()
    del made_before
    gc.collect()
    """,
            "garbage",
            "Exchange.sock",
            "Exchange.me",
            "frozen",
        ),
        program(
            "resurrected",
            """
    SAVED = []
    class Exchange(Connection):
        def __del__(self):
            SAVED.append(self)
    for _ in range(TIMES):
        Exchange(new())
    """,
            "rooted",
            "Exchange.sock",
            "each item of global SAVED of module __main__",
            "global SAVED",
        ),
        program(
            "a weak reference beside a cycle",
            """
    import weakref
    gc.disable()
    class Exchange(Connection):
        def __init__(self, sock):
            super().__init__(sock)
            self.me = self
    KNOWN = weakref.WeakSet()
    for _ in range(TIMES):
        KNOWN.add(Exchange(new()))
    """,
            "garbage",
            "Exchange.sock",
            "Exchange.me",
        ),
    ]
)
