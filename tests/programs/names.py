"""Programs whose handles hang from something that has a name: a variable, a registry, a class."""

from __future__ import annotations

from tests.programs.program import program

PROGRAMS = dict(
    [
        program(
            "a list of a module",
            """
    POOL = []
    for _ in range(TIMES):
        POOL.append(Connection(new()))
    """,
            "rooted",
            "Connection.sock",
            "each item of global POOL of module __main__",
            "global POOL of module __main__ → item",
        ),
        program(
            "a dict by address",
            """
    SESSIONS = {}
    for number in range(TIMES):
        SESSIONS[f"10.0.0.{number}"] = Connection(new())
    """,
            "rooted",
            "Connection.sock",
            "each value of global SESSIONS of module __main__",
            "global SESSIONS of module __main__ → value",
        ),
        program(
            "a set",
            """
    OPEN = set()
    for _ in range(TIMES):
        OPEN.add(Connection(new()))
    """,
            "rooted",
            "Connection.sock",
            "each item of global OPEN of module __main__",
            "global OPEN",
        ),
        program(
            "a deque",
            """
    import collections
    RECENT = collections.deque()
    for _ in range(TIMES):
        RECENT.append(Connection(new()))
    """,
            "rooted",
            "Connection.sock",
            "each item of global RECENT of module __main__",
            "global RECENT",
        ),
        program(
            "an attribute of a class",
            """
    class Registry:
        everyone = []
    for _ in range(TIMES):
        Registry.everyone.append(Connection(new()))
    """,
            "rooted",
            "Connection.sock",
            "each item of Registry.everyone",
            "Registry.everyone",
        ),
        program(
            "a bound method in a registry",
            """
    class Client(Connection):
        def on_event(self):
            pass
    CALLBACKS = []
    for _ in range(TIMES):
        CALLBACKS.append(Client(new()).on_event)
    """,
            "rooted",
            "Client.sock",
            "each item of global CALLBACKS of module __main__",
            "global CALLBACKS",
        ),
        program(
            "a closure in a registry",
            """
    CALLBACKS = []
    def subscribe(conn):
        def on_event():
            return conn
        CALLBACKS.append(on_event)
    for _ in range(TIMES):
        subscribe(Connection(new()))
    """,
            "rooted",
            "Connection.sock",
            "each item of global CALLBACKS of module __main__",
            "closure variable conn",
        ),
        program(
            "a partial in a registry",
            """
    import functools
    CALLBACKS = []
    for _ in range(TIMES):
        CALLBACKS.append(functools.partial(print, Connection(new())))
    """,
            "rooted",
            "Connection.sock",
            "each item of global CALLBACKS of module __main__",
            "global CALLBACKS",
        ),
        program(
            "a default argument",
            """
    def handle(event, seen=[]):
        seen.append(event)
    for _ in range(TIMES):
        handle(Connection(new()))
    """,
            "rooted",
            "Connection.sock",
            "each item of item [0] of handle.__defaults__",
            "global handle of module __main__ → handle.__defaults__",
        ),
        program(
            "lru_cache on a method",
            """
    import functools
    class Client(Connection):
        @functools.lru_cache(maxsize=None)
        def answer(self, question):
            return 42
    for _ in range(TIMES):
        Client(new()).answer("?")
    """,
            "rooted",
            "Client.sock",
            "each key of _lru_cache_wrapper.cache",
            "Client.answer",
        ),
        program(
            "a linked list",
            """
    class Node(Connection):
        next = None
    HEAD = None
    for _ in range(TIMES):
        node = Node(new())
        node.next, HEAD = HEAD, node
    del node
    """,
            "rooted",
            "Node.sock",
            "global HEAD of module __main__",
            "global HEAD",
            together=False,
        ),
        program(
            "slots",
            """
    class Wire:
        __slots__ = ("end",)
    WIRES = []
    for _ in range(TIMES):
        WIRES.append(Wire())
        WIRES[-1].end = new()
    """,
            "rooted",
            "Wire.end",
            "each item of global WIRES of module __main__",
            "global WIRES",
        ),
        program(
            "a queue that nobody empties",
            """
    import queue
    JOBS = queue.Queue()
    for _ in range(TIMES):
        JOBS.put(Connection(new()))
    """,
            "rooted",
            "Connection.sock",
            "each item of Queue.queue",
            "global JOBS",
        ),
        program(
            "an exit stack that is never closed",
            """
    import contextlib
    STACK = contextlib.ExitStack()
    for _ in range(TIMES):
        STACK.enter_context(new())
    """,
            "rooted",
            "ExitStack._exit_callbacks[0][1]",
            "each item of ExitStack._exit_callbacks",
            "global STACK",
        ),
        program(
            "an exit handler",
            """
    import atexit
    for _ in range(TIMES):
        atexit.register(new().close)
    """,
            "rooted",
            "atexit function of the interpreter",
            "atexit function of the interpreter",
        ),
        program(
            "arguments of a finaliser",
            """
    import weakref
    class Owner: pass
    OWNERS = []
    for _ in range(TIMES):
        OWNERS.append(Owner())
        weakref.finalize(OWNERS[-1], print, Connection(new()))
    """,
            "rooted",
            "Connection.sock",
            "each value of finalize._registry",
            "finalize",
        ),
        program(
            "a timer",
            """
    TIMERS = []
    def later(conn): pass
    for _ in range(TIMES):
        timer = threading.Timer(3600, later, [Connection(new())])
        timer.daemon = True
        timer.start()
        del timer
    """,
            "frame",
            "Connection.sock",
            "each item of Timer.args",
            "Timer.args",
        ),
        program(
            "a named tuple in a dict of lists",
            """
    import collections
    Entry = collections.namedtuple("Entry", "name conn")
    BY_HOST = collections.defaultdict(list)
    for _ in range(TIMES):
        BY_HOST["db"].append(Entry("x", Connection(new())))
    """,
            "rooted",
            "Connection.sock",
            "each item of value ['db'] of global BY_HOST of module __main__",
            "global BY_HOST",
        ),
        program(
            "a cached property",
            """
    import functools
    class Service:
        @functools.cached_property
        def conn(self):
            return Connection(new())
    SERVICES = [Service() for _ in range(TIMES)]
    for each in SERVICES: each.conn
    del each
    """,
            "rooted",
            "Connection.sock",
            "each item of global SERVICES of module __main__",
            "Service.conn",
        ),
    ]
)
