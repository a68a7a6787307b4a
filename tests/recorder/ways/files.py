"""Files, directories, copies and closes, by the standard library."""

from __future__ import annotations

import contextlib
import dbm.dumb
import fcntl
import glob
import io
import logging
import mmap
import os
import shutil
import sqlite3
import tempfile
import threading
import warnings
import zipfile

from tests.recorder.ways import way


@way
def files():
    with open("a", "w") as written:
        written.write("a")
    with open("a", "rb", buffering=0), io.FileIO("a"), open("a", "r+b"):
        pass
    os.close(os.open("a", os.O_RDONLY))
    os.close(os.open("made", os.O_CREAT | os.O_WRONLY, 0o600))
    os.fdopen(os.open("a", os.O_RDONLY)).close()
    with open("a", opener=os.open):
        pass
    directory = os.open(".", os.O_RDONLY)
    os.close(os.open("a", os.O_RDONLY, dir_fd=directory))
    os.close(directory)
    return open("a")


@way
def a_file_without_an_end():
    """Closed by its finaliser."""
    with warnings.catch_warnings(action="ignore"):
        io.FileIO("/dev/null")


@way
def directories():
    os.makedirs("tree/one/two", exist_ok=True)
    open("tree/one/two/file", "w").close()
    os.listdir("tree")
    entries = os.scandir("tree")
    next(entries)
    entries.close()
    glob.glob("tree/**", recursive=True)
    list(os.walk("tree"))
    list(os.fwalk("tree"))
    opened = os.open("tree", os.O_RDONLY)
    os.listdir(opened)
    os.close(opened)
    shutil.copytree("tree", "copy")
    shutil.rmtree("copy")


@way
def copies():
    fd = os.open("/dev/null", os.O_RDONLY)
    os.close(os.dup(fd))
    os.dup2(fd, 150)
    os.dup2(fd, 150, inheritable=False)
    os.dup2(fd, fd)
    os.close(150)
    os.close(fcntl.fcntl(fd, fcntl.F_DUPFD, 120))
    os.close(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 120))
    fcntl.fcntl(fd, fcntl.F_SETFD, 0)
    os.close(fd)
    return os.dup2(0, 160)


@way
def closes():
    for number in (170, 171, 173):
        os.dup2(0, number)
    os.closerange(170, 174)
    os.closerange(180, 190)
    for number in (-1, 999):
        with contextlib.suppress(OSError):
            os.close(number)


@way
def temporary():
    with tempfile.TemporaryFile(), tempfile.NamedTemporaryFile(), tempfile.SpooledTemporaryFile(1) as spooled:
        spooled.write(b"more than one byte")
    fd, _ = tempfile.mkstemp()
    os.close(fd)
    with tempfile.TemporaryDirectory() as directory:
        open(os.path.join(directory, "file"), "w").close()


@way
def memory_maps():
    with open("mapped", "wb") as written:
        written.write(bytes(4096))
    with open("mapped", "r+b") as opened:
        mapping = mmap.mmap(opened.fileno(), 0)
    mmap.mmap(-1, 4096).close()
    with open("mapped", "r+b") as opened:
        kept = mmap.mmap(opened.fileno(), 0)
    mapping.close()
    return kept


@way
def archives_and_logs():
    with zipfile.ZipFile("archive.zip", "w") as archive:
        archive.writestr("a", "a")
    with zipfile.ZipFile("archive.zip") as archive, archive.open("a") as member:
        member.read()
    handler = logging.FileHandler("log")
    handler.close()
    with dbm.dumb.open("database", "c") as database:
        database[b"a"] = b"a"


@way
def sqlite():
    for journal in ("delete", "wal"):
        connection = sqlite3.connect(f"{journal}.sqlite")
        connection.execute(f"pragma journal_mode={journal}")
        connection.execute("create table t (a)")
        connection.executemany("insert into t values (?)", [(number,) for number in range(100)])
        connection.commit()
        other = sqlite3.connect(f"{journal}.sqlite")
        other.execute("select count(*) from t").fetchall()
        other.close()
        connection.close()
    kept = sqlite3.connect("kept.sqlite")
    kept.execute("create table t (a)")
    return kept


@way
def threads():
    def open_and_close():
        for _ in range(40):
            with open("/dev/null"):
                os.close(os.dup(0))

    started = [threading.Thread(target=open_and_close) for _ in range(8)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
