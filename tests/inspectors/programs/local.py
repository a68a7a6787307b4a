"""Opens what lies on this machine: files of all sorts, subprocesses, maps, directories; tells the numbers."""

import bz2
import gzip
import json
import logging.handlers
import lzma
import mmap
import os
import sqlite3
import subprocess
import tarfile
import tempfile
import zipfile

import pyhandles

NUMBERS = {}
directory = tempfile.TemporaryDirectory()
os.chdir(directory.name)


class Job:
    def __init__(self):
        self.process = subprocess.Popen("cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class Walk:
    def __init__(self):
        self.entries = os.scandir()
        next(self.entries)


def next_number():
    """The number that what is opened next will have."""
    number = os.dup(0)
    os.close(number)
    return number


job = Job()
NUMBERS["child's input"] = job.process.stdin.fileno()
NUMBERS["child's output"] = job.process.stdout.fileno()
ended = subprocess.Popen("true", stderr=subprocess.PIPE, text=True)
ended.wait()
NUMBERS["ended child's errors"] = ended.stderr.fileno()
named = tempfile.NamedTemporaryFile()
NUMBERS["named"] = named.fileno()
spooled = tempfile.SpooledTemporaryFile(max_size=1)
spooled.write(b"enough")
NUMBERS["spooled"] = spooled.fileno()
with zipfile.ZipFile("a.zip", "w") as archive:
    archive.writestr("member", "text")
archives = [zipfile.ZipFile("a.zip")]
NUMBERS["zip"] = archives[0].fp.fileno()
with zipfile.ZipFile("a.zip") as archive:
    member = archive.open("member")
    NUMBERS["zip member"] = archive.fp.fileno()
del archive
tar = tarfile.open("a.tar.gz", "w:gz")
NUMBERS["tar"] = tar.fileobj.fileno()
compressed = [gzip.open("a.gz", "wt"), bz2.open("a.bz2", "wb"), lzma.open("a.xz", "wb")]
NUMBERS["gzip"], NUMBERS["bz2"], NUMBERS["lzma"] = (each.fileno() for each in compressed)
log = logging.FileHandler("a.log")
logging.getLogger("app").addHandler(log)
NUMBERS["log"] = log.stream.fileno()
rotating = logging.handlers.RotatingFileHandler("b.log")
NUMBERS["rotating log"] = rotating.stream.fileno()
with open("a.zip", "rb") as file:
    NUMBERS["map"] = next_number()
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
NUMBERS["directory"] = next_number()
walk = Walk()
plain = open("a.zip", "rb")
NUMBERS["plain"] = plain.fileno()
NUMBERS["database"] = next_number()
database = sqlite3.connect("a.db")
database.execute("pragma journal_mode = wal")
database.execute("create table t (column)")

pyhandles.capture(os.environ["SNAPSHOT"])
print(json.dumps(NUMBERS))
job.process.kill()
