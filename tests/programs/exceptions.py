"""Programs whose handles are held by exceptions and their tracebacks."""

from __future__ import annotations

from tests.programs.program import program

FAILS = """
    def request():
        conn = Connection(new())
        raise ValueError("no answer")
"""
PROGRAMS = dict(
    [
        program(
            "an exception kept in a list",
            FAILS
            + """
    ERRORS = []
    for _ in range(TIMES):
        try:
            request()
        except ValueError as error:
            ERRORS.append(error)
    """,
            "exception",
            "Connection.sock",
            "each item of global ERRORS of module __main__",
            "ValueError",
            "request()",
        ),
        program(
            "the last exception of an interactive session",
            FAILS
            + """
    try:
        request()
    except ValueError as error:
        sys.last_exc = sys.last_value = error
        sys.last_traceback = error.__traceback__
        sys.last_type = ValueError
    """,
            "exception",
            "Connection.sock",
            "global last_traceback of module sys",
            "ValueError: no answer, raised in request() at app.py",
            "global last_traceback of module sys keeps it",
        ),
        program(
            "the context of an exception",
            FAILS
            + """
    ERRORS = []
    for _ in range(TIMES):
        try:
            try:
                request()
            except ValueError:
                raise KeyError("translated")
        except KeyError as error:
            ERRORS.append(error.with_traceback(None))
    """,
            "exception",
            "Connection.sock",
            "each item of global ERRORS of module __main__",
            "ValueError",
        ),
        program(
            "a traceback alone",
            FAILS
            + """
    TRACES = []
    for _ in range(TIMES):
        try:
            request()
        except ValueError:
            TRACES.append(sys.exc_info()[2])
    """,
            "exception",
            "Connection.sock",
            "each item of global TRACES of module __main__",
            "request()",
        ),
        program(
            "an exception in a future that nobody asks",
            FAILS
            + """
    import concurrent.futures
    RESULTS = []
    for _ in range(TIMES):
        future = concurrent.futures.Future()
        try:
            request()
        except ValueError as error:
            future.set_exception(error)
        RESULTS.append(future)
    del future
    """,
            "exception",
            "Connection.sock",
            "Future._exception",
            "ValueError",
            "Future._exception keeps it",
        ),
        program(
            "an exception and its frame",
            """
    gc.disable()
    def request():
        conn = Connection(new())
        try:
            raise ValueError("no answer")
        except ValueError as error:
            failure = error
    for _ in range(TIMES):
        request()
    """,
            "garbage",
            "Connection.sock",
            "local variable failure of finished request() at app.py:30",
            "only a cycle through ValueError: no answer keeps it",
            "disabled",
        ),
        program(
            "an exception that is being handled",
            FAILS
            + """
    def serve(ready, done):
        try:
            request()
        except ValueError:
            ready.set()
            done.wait()
    for _ in range(TIMES):
        ready, done = threading.Event(), threading.Event()
        in_thread(serve, ready, done)
        ready.wait()
    """,
            "exception",
            "Connection.sock",
            "ValueError.__traceback__",
            "a thread is handling it: it goes when the except block ends",
        ),
        program(
            "a group of exceptions",
            FAILS
            + """
    GROUPS = []
    for _ in range(TIMES):
        try:
            request()
        except ValueError as error:
            GROUPS.append(ExceptionGroup("several", [error]))
    """,
            "exception",
            "Connection.sock",
            "each item of global GROUPS of module __main__",
            "ValueError",
        ),
        program(
            "a log record with its exception",
            FAILS
            + """
    import logging.handlers
    BUFFER = logging.handlers.MemoryHandler(10**6)
    logging.getLogger("app").addHandler(BUFFER)
    for _ in range(TIMES):
        try:
            request()
        except ValueError:
            logging.getLogger("app").exception("failed")
    """,
            "exception",
            "Connection.sock",
            "LogRecord.exc_info",
            "ValueError",
        ),
    ]
)
