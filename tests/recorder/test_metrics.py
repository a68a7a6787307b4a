"""``pyhandles.calls()``: the figures, beside what a program has done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.collectors import PORTABLE
from tests.recorder.test_install import run

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector does not record")

COUNTED = """
import errno, resource, socket, tempfile
pyhandles.install(on=(), record=True)
"""


def test_opens_and_closes_are_counted_each_once(tmp_path: Path):
    source = """
before = pyhandles.calls()
work(10)
pipe = os.pipe()
copy = os.dup(pipe[0])
pair = socket.socketpair()
for fd in (*pipe, copy):
    os.close(fd)
after = pyhandles.calls()
print(after.opens - before.opens, after.closes - before.closes, after.open - before.open)
print(after.open == len(os.listdir("/proc/self/fd")) - 1)
"""
    assert run(tmp_path, COUNTED + source) == ["13 13 2", "True"]


def test_a_call_that_fails_opens_nothing_and_is_told_with_its_errno(tmp_path: Path):
    source = """
before = pyhandles.calls()
def fail():
    for path in ("/no/such", "/no/such/other", "/"):
        try:
            os.open(path, os.O_WRONLY)
        except OSError:
            pass
    for fd in (7777, 7777, 7777):
        try:
            os.close(fd)
        except OSError:
            pass
fail()
after = pyhandles.calls()
print(after.opens - before.opens, after.closes - before.closes, after.emfile)
for each in sorted(after.sites):
    if "in fail" in each.site:
        print(each.call, each.site.rpartition("/")[2], each.in_children, each.calls, each.errors,
              {errno.errorcode[number]: count for number, count in each.by_errno.items()}, each.seconds > 0)
"""
    assert run(tmp_path, COUNTED + source) == [
        "0 0 0",
        "close app.py:29 in fail False 3 3 {'EBADF': 3} True",
        "open app.py:24 in fail False 3 3 {'ENOENT': 2, 'EISDIR': 1} True",
    ]


def test_emfile_is_counted_and_calls_can_be_asked_then(tmp_path: Path):
    source = """
import sqlite3
while True:
    try:
        os.dup(0)
    except OSError:
        break
try:
    sqlite3.connect("x.db")
except sqlite3.OperationalError:
    pass
told = pyhandles.calls()
print(told.open, told.emfile >= 2)
"""
    assert run(tmp_path, COUNTED + source, limit=64) == ["64 True"]


def test_calls_can_be_asked_at_emfile_for_the_first_time_and_without_recording(tmp_path: Path):
    source = """
pyhandles.install(on=())
while True:
    try:
        os.dup(0)
    except OSError:
        break
print(pyhandles.calls())
"""
    told = "Calls(open=64, captures=0, opens=None, closes=None, reconnects=None, emfile=None, sites=())"
    assert run(tmp_path, source, limit=64) == [told]


RECONNECTS = """
listener = socket.create_server(("127.0.0.1", 0))
other = socket.create_server(("127.0.0.1", 0))

def connect(server):
    return socket.create_connection(server.getsockname())

def reconnects():
    return pyhandles.calls().reconnects
"""


def test_a_reconnect_is_the_same_target_from_the_same_site_after_a_close(tmp_path: Path):
    source = """
connection = connect(listener)
print(reconnects())
for _ in range(5):
    connection.close()
    connection = connect(listener)
print(reconnects())
"""
    assert run(tmp_path, COUNTED + RECONNECTS + source) == ["0", "5"]


def test_what_is_no_reconnect(tmp_path: Path):
    source = """
several = [connect(listener) for _ in range(5)]  # none was closed before
print(reconnects())
several.pop().close()
kept = [connect(other)]
print(reconnects())
elsewhere = socket.create_connection(listener.getsockname())
print(reconnects())
kept.append(connect(listener))
print(reconnects())
kept.append(connect(listener))  # one was closed, and one has come in its place
print(reconnects())
for _ in range(3):
    connection, _ = listener.accept()
    connection.close()
print(reconnects())
"""
    assert run(tmp_path, COUNTED + RECONNECTS + source) == ["0", "0", "0", "1", "1", "1"]


def test_all_of_a_pool_that_is_closed_and_opened_again(tmp_path: Path):
    source = """
pool = [connect(listener) for _ in range(20)]
for each in pool:
    each.close()
pool = [connect(listener) for _ in range(20)]
print(reconnects())
"""
    assert run(tmp_path, COUNTED + RECONNECTS + source) == ["20"]


def test_a_connection_that_is_refused_is_tried_again(tmp_path: Path):
    source = """
address = other.getsockname()
other.close()
for _ in range(4):
    try:
        socket.create_connection(address)
    except ConnectionRefusedError:
        pass
print(reconnects())
"""
    assert run(tmp_path, COUNTED + RECONNECTS + source) == ["3"]


def test_a_connect_that_does_not_wait_is_asked_again_and_counts_once(tmp_path: Path):
    source = """
def connect_without_waiting():
    connection = socket.socket()
    connection.setblocking(False)
    while connection.connect_ex(listener.getsockname()) != 0:
        pass
    return connection
connect_without_waiting().close()
connect_without_waiting()
print(reconnects())
"""
    assert run(tmp_path, COUNTED + RECONNECTS + source) == ["1"]


def test_a_file_that_is_opened_again_is_no_reconnect(tmp_path: Path):
    source = """
work(3)
print(reconnects())
"""
    assert run(tmp_path, COUNTED + RECONNECTS + source) == ["0"]


def test_captures_are_those_of_triggers(tmp_path: Path):
    source = """
import pyhandles
pyhandles.install("{trigger}.pkl", on=("errno:EBADF",), record=True, quiet=True, cooldown=0)
for _ in range(2):
    try:
        os.close(7777)
    except OSError:
        pass
print(pyhandles.calls().captures)
"""
    assert run(tmp_path, source) == ["2"]
