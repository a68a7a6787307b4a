"""Programs whose handles are held by threads, generators and tasks."""

from __future__ import annotations

from tests.programs.program import program

PROGRAMS = dict(
    [
        program(
            "a variable of a function that waits",
            """
    def serve(conn, ready, done):
        ready.set()
        done.wait()
    for _ in range(TIMES):
        ready, done = threading.Event(), threading.Event()
        in_thread(serve, Connection(new()), ready, done)
        ready.wait()
    """,
            "frame",
            "Connection.sock",
            "local variable conn of serve() at app.py:26 in thread worker",
            "local variable conn of serve() at app.py",
            "in thread worker",
            "the thread is in",
        ),
        program(
            "an iterator that a loop holds",
            """
    def serve(conns, ready, done):
        for conn in iter([conns.pop()]):
            del conn
            ready.set()
            done.wait()
    for _ in range(TIMES):
        ready, done = threading.Event(), threading.Event()
        in_thread(serve, [[Connection(new())]], ready, done)
        ready.wait()
    """,
            "frame",
            "Connection.sock",
            "each item of item [0] of list_iterator.sequence",
            "evaluation stack of serve() at app.py",
        ),
        program(
            "a thread-local",
            """
    LOCAL = threading.local()
    def serve(ready, done):
        LOCAL.conn = Connection(new())
        ready.set()
        done.wait()
    for _ in range(TIMES):
        ready, done = threading.Event(), threading.Event()
        in_thread(serve, ready, done)
        ready.wait()
    """,
            "rooted",
            "Connection.sock",
            "_local.conn",
            "global LOCAL of module __main__ → _local.conn",
        ),
        program(
            "a context variable",
            """
    import contextvars
    CURRENT = contextvars.ContextVar("CURRENT")
    def serve(ready, done):
        CURRENT.set(Connection(new()))
        ready.set()
        done.wait()
    for _ in range(TIMES):
        ready, done = threading.Event(), threading.Event()
        in_thread(serve, ready, done)
        ready.wait()
    """,
            "rooted",
            "Connection.sock",
            "context variable CURRENT",
            "context variable CURRENT",
        ),
        program(
            "a generator that is never finished",
            """
    def lines(conn):
        yield 1
        conn.sock.close()
    READERS = []
    for _ in range(TIMES):
        READERS.append(lines(Connection(new())))
        next(READERS[-1])
    """,
            "rooted",
            "Connection.sock",
            "each item of global READERS of module __main__",
            "local variable conn of suspended lines()",
        ),
        program(
            "a coroutine that is never awaited",
            """
    async def send(conn): pass
    PENDING = [send(Connection(new())) for _ in range(TIMES)]
    """,
            "rooted",
            "Connection.sock",
            "each item of global PENDING of module __main__",
            "local variable conn of suspended send()",
        ),
        program(
            "tasks that wait for ever",
            """
    import asyncio
    async def serve(conn):
        await asyncio.get_running_loop().create_future()
    async def main():
        global TASKS
        TASKS = [asyncio.create_task(serve(Connection(new()))) for _ in range(TIMES)]
        await asyncio.sleep(0)
    LOOP = asyncio.new_event_loop()
    LOOP.run_until_complete(main())
    """,
            "rooted",
            "Connection.sock",
            "each item of global TASKS of module __main__",
            "global TASKS",
            "local variable conn of suspended serve()",
        ),
        program(
            "an asynchronous generator that is not closed",
            """
    import asyncio
    async def rows(conn):
        yield 1
    CURSORS = []
    async def main():
        for _ in range(TIMES):
            CURSORS.append(rows(Connection(new())))
            await anext(CURSORS[-1])
    LOOP = asyncio.new_event_loop()
    LOOP.run_until_complete(main())
    """,
            "rooted",
            "Connection.sock",
            "each item of global CURSORS of module __main__",
            "local variable conn of suspended rows()",
        ),
        program(
            "callbacks of a future that never comes",
            """
    import asyncio
    LOOP = asyncio.new_event_loop()
    FUTURE = LOOP.create_future()
    class Waiter(Connection):
        def done(self, future): pass
    for _ in range(TIMES):
        FUTURE.add_done_callback(Waiter(new()).done)
    """,
            "rooted",
            "Waiter.sock",
            "global FUTURE of module __main__",
            "global FUTURE",
            together=False,
        ),
        program(
            "connections of asyncio in clients that nobody closes",
            """
    import asyncio
    class Client:
        def __init__(self, transport):
            self.pool = {"host": [{"connection": transport}]}
    class Tenant:
        def __init__(self, transport):
            self.client = Client(transport)
    class Registry:
        def __init__(self):
            self.tenants = []
    class Service:
        def __init__(self):
            self.registry = Registry()
    LISTENER = socket.create_server(("127.0.0.1", 0))
    SERVICE = Service()
    async def main():
        loop = asyncio.get_running_loop()
        for _ in range(TIMES):
            sock = new()
            sock.setblocking(False)
            await loop.sock_connect(sock, LISTENER.getsockname())
            transport, _ = await loop.create_connection(asyncio.Protocol, sock=sock)
            SERVICE.registry.tenants.append(Tenant(transport))
        del transport, sock
        pyhandles.capture()
        print(*made, flush=True)
        os._exit(0)
    asyncio.run(main())
    """,
            "rooted",
            "Client.pool['host'][0]['connection']",
            "each item of Registry.tenants",
            "global SERVICE of module __main__",
        ),
        program(
            "connections of asyncio whose peers say nothing",
            """
    import asyncio
    async def handle(reader, writer):
        made.append(writer.get_extra_info("socket").fileno())
        await reader.read()
    async def main():
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        global CLIENTS
        CLIENTS = [socket.create_connection(server.sockets[0].getsockname()) for _ in range(TIMES)]
        while len(made) < TIMES:
            await asyncio.sleep(0.01)
        pyhandles.capture()
        print(*made, flush=True)
        os._exit(0)
    asyncio.run(main())
    """,
            "loop",
            "local variable reader of handle()",
            None,
            "keeps it, for local variable reader of handle(): it stays until one side closes it",
        ),
    ]
)
