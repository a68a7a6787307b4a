from __future__ import annotations

from pyhandles.findings.clusters import clusters
from pyhandles.findings.handles import handles
from pyhandles.findings.why import why
from tests.heap import Heap


def chain_above(heap: Heap, below: int, *chain: tuple[str, str]) -> int:
    """Each an object of this type that refers so to the one before it; returns the last."""
    for type_name, label in chain:
        above = heap.object(type_name)
        heap.refer(above, label, below)
        below = above
    return below


def test_a_connection_deep_in_a_pool_of_urllib3_is_held_by_the_users_client():
    heap = Heap()
    socket = heap.socket(7)
    heap.tcp(7)
    top = chain_above(
        heap,
        socket,
        ("urllib3.connection.HTTPSConnection", ".sock"),
        ("list", "[0]"),
        ("queue.LifoQueue", ".queue"),
        ("urllib3.connectionpool.HTTPSConnectionPool", ".pool"),
        ("urllib3.poolmanager.PoolManager", ".pools"),
        ("requests.adapters.HTTPAdapter", ".poolmanager"),
        ("requests.sessions.Session", ".adapters"),
        ("app.Client", ".session"),
    )
    heap.module("app", CLIENT=top)

    [handle] = handles(heap.snapshot())

    assert handle.holder == "Client.session"


def test_a_connection_of_an_aiohttp_session_is_told_by_the_users_object_and_not_by_the_event_loop():
    heap = Heap()
    transport, session = heap.object("asyncio.selector_events._SelectorTransport"), heap.object("app.Tenant")
    heap.refer(transport, "._sock", heap.socket(7))
    heap.tcp(7)
    loop, handle = heap.object("asyncio.unix_events._UnixSelectorEventLoop"), heap.object("asyncio.events.Handle")
    heap.refer(handle, "slot _callback", transport)
    heap.refer(loop, "._ready", handle)
    heap.frame("run_forever", loop=loop)
    top = chain_above(
        heap,
        transport,
        ("aiohttp.client_proto.ResponseHandler", "slot transport"),
        ("list", "[0]"),
        ("aiohttp.connector.TCPConnector", "._conns"),
        ("aiohttp.client.ClientSession", "._connector"),
    )
    heap.refer(session, ".session", top)
    heap.module("app", TENANT=session)

    [handle_of_7] = handles(heap.snapshot())

    assert handle_of_7.holder == "Tenant.session"
    assert handle_of_7.role == "connection of an aiohttp.ClientSession"


def test_a_connection_of_an_httpx_client_is_held_by_the_users_object():
    heap = Heap()
    heap.tcp(7)
    top = chain_above(
        heap,
        heap.socket(7),
        ("httpcore._backends.sync.SyncStream", "._sock"),
        ("httpcore.HTTP11Connection", "._network_stream"),
        ("httpcore.HTTPConnection", "._connection"),
        ("list", "[0]"),
        ("httpcore.ConnectionPool", "._connections"),
        ("httpx.HTTPTransport", "._pool"),
        ("httpx.Client", "._transport"),
        ("app.Api", ".client"),
    )
    heap.module("app", API=top)

    [handle] = handles(heap.snapshot())

    assert (handle.holder, handle.role) == ("Api.client", "connection of an httpx.Client")


def test_none_in_a_field_that_could_hold_a_pipe_is_no_pipe():
    heap = Heap()
    nothing, popen = heap.object("NoneType", immortal=True), heap.object("subprocess.Popen")
    heap.refer(popen, ".stdout", nothing)
    heap.module("app", PROC=popen)

    answer = why(heap.snapshot(), [nothing])

    assert (answer.role, answer.advice) == (None, None)


def test_a_subclass_of_the_users_is_told_by_the_users_name():
    heap = Heap()
    file, handler = heap.file(7), heap.object("app.Audit")
    heap.descriptor(7, "/var/log/audit")
    order = heap.tuple(heap.type("app.Audit"), heap.type("logging.FileHandler"))
    heap.refer(heap.type("app.Audit"), "member __mro__", order)
    heap.refer(handler, ".stream", file)
    heap.module("app", HANDLER=handler)

    [handle] = handles(heap.snapshot())

    assert (handle.role, handle.holder) == ("log file of app.Audit", "Audit.stream")


def test_a_count_that_a_librarys_object_keeps_is_no_descriptors_number():
    heap = Heap()
    archive = heap.object("zipfile.ZipFile")
    heap.refer(archive, "._filePassed", heap.object("int"))
    heap.number(archive, "._filePassed", 5)
    heap.descriptor(5, "pipe:[77]")
    heap.module("app", ARCHIVE=archive)

    [handle] = handles(heap.snapshot())

    assert (handle.holder, handle.role) == (None, None)


def test_the_number_that_a_queue_keeps_names_the_queues_holder():
    heap = Heap()
    connection, queue = (
        heap.object("multiprocessing.connection.Connection"),
        heap.object("multiprocessing.queues.Queue"),
    )
    heap.refer(connection, "._handle", heap.object("int"))
    heap.number(connection, "._handle", 5)
    heap.refer(queue, "._reader", connection)
    heap.descriptor(5, "pipe:[77]")
    heap.module("app", JOBS=queue)

    [handle] = handles(heap.snapshot())

    assert (handle.holder, handle.role) == ("global JOBS of app (likely)", "read end of a multiprocessing.Queue")


def test_handles_of_one_role_that_leak_in_the_same_way_tell_it_together():
    heap = Heap()
    processes = []
    for fd in (5, 6, 7):
        processes.append(heap.object("subprocess.Popen"))
        heap.refer(processes[-1], ".stdout", heap.file(fd))
        heap.refer(processes[-1], ".returncode", heap.object("int"))
        heap.descriptor(fd, f"pipe:[{fd}]")
    heap.module("app", DONE=heap.list(*processes))

    [found] = clusters(heap.snapshot())

    assert (found.count, found.role) == (3, "standard output of a subprocess.Popen that has ended")


def test_what_one_selector_watches_for_two_holders_leaks_in_two_ways():
    heap = Heap()
    watched = heap.object("dict")
    selector = heap.object("selectors.EpollSelector")
    heap.refer(selector, "._fd_to_key", watched)
    for fd, holder in ((5, "app.Reader"), (6, "app.Reader"), (7, "app.Writer")):
        socket, key = heap.socket(fd), heap.object("selectors.SelectorKey")
        heap.tcp(fd)
        heap.refer(key, "[0]", socket)
        heap.refer(watched, f"['{fd}']", key)
        user = heap.object(holder)
        heap.refer(user, ".wire", socket)
        heap.refer(user, ".me", user)
    heap.module("app", SELECTOR=selector)

    found = clusters(heap.snapshot())

    assert [(each.holder, each.fds) for each in found] == [("Reader.wire", (5, 6)), ("Writer.wire", (7,))]
