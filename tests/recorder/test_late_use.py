"""A thread goes on with a number that it has held since before another thread was given it: told where certain."""

from __future__ import annotations

import errno
from pathlib import Path
from textwrap import dedent

import pytest

from tests.collectors import PORTABLE
from tests.recorder.test_misuse import line_of, recorded, reports
from tests.recorder.trial import compile_c

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector does not record")

BEGIN = """
import asyncio, contextlib, functools, queue, socket
from concurrent.futures import ThreadPoolExecutor

turn = threading.Barrier(2, timeout=30)

def both():
    '''Let the other thread do its part.'''
    turn.wait()
    turn.wait()

def reuse(fd):
    os.close(fd)  # closed
    other = os.open("other.txt", os.O_RDWR | os.O_CREAT)  # given out again
    assert other == fd, (other, fd)

def once(fd):
    if not os.path.exists("other.txt"):
        reuse(fd)

def beside(work, *arguments, times=1, meanwhile=reuse):
    '''Run it in a thread, and give its number to a file, from here, whenever it lets us.'''
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    for _ in range(times):
        turn.wait()
        meanwhile(number)
        turn.wait()
    thread.join()

reading, writing = os.pipe()
number = writing
"""


# ---- what is told ----------------------------------------------------------------------------------------------

LATE = {
    "an argument": """
def pump(fd):
    for _ in range(2):
        os.write(fd, b"x")  # the use
        both()
beside(pump, writing, times=2, meanwhile=once)
""",
    "a variable set before the loop": """
class Link:
    fd = writing
def pump(link):
    fd = link.fd
    data = b"x"
    while not os.path.exists("other.txt"):
        os.write(fd, data + b"y" * len(data))
        both()
    os.write(fd, data)  # the use
beside(pump, Link())
""",
    "a method of a thread, in a with, with handlers": """
class Pump(threading.Thread):
    def __init__(self):
        super().__init__()
    def run(self):
        with contextlib.suppress(ValueError):
            self.pump(number)
    def pump(self, fd):
        for _ in range(3):
            try:
                os.write(fd, b"x")  # the use
            except OSError as error:
                print(error)
            finally:
                turn.wait(); turn.wait()
thread = Pump()
thread.start()
turn.wait(); reuse(number); turn.wait(); turn.wait(); turn.wait(); turn.wait(); turn.wait()
thread.join()
""",
    "a socket": """
ours, theirs = socket.socketpair()
number = ours.fileno()
def pump(sock):
    sock.send(b"x")
    both()
    quietly_send = None
    try:
        sock.send(b"x")  # the use
    except OSError:
        pass
beside(pump, ours)
ours.detach()
""",
    "a bound method as the target": """
class Link:
    def pump(self, fd):
        for _ in range(2):
            os.write(fd, b"x")  # the use
            turn.wait(); turn.wait()
thread = threading.Thread(target=Link().pump, args=(number,))
thread.start()
turn.wait(); reuse(number); turn.wait(); turn.wait(); turn.wait()
thread.join()
""",
}


@pytest.mark.parametrize("name", LATE)
def test_a_late_use_is_told(tmp_path: Path, name: str):
    outcome = recorded(tmp_path, BEGIN + LATE[name])
    [report] = reports(outcome)
    assert line_of(outcome, "# the use")[:-4] in report[0]
    assert any(line.startswith(f"  closed at {line_of(outcome, '# closed')}reuse") for line in report), report
    assert any(line.startswith(f"  given out again at {line_of(outcome, '# given out again')}reuse") for line in report)


def test_it_is_not_made_where_it_is_to_raise(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        BEGIN
        + dedent("""
        def pump(fd):
            try:
                os.write(fd, b"x")
                both()
                try:
                    os.write(fd, b"x")
                except OSError as error:
                    print(f"{error.errno}\\n", end="")
                    time.sleep(2)
            except DescriptorMisuse as error:
                print(error.message.split()[0])
        beside(pump, number)
        print(os.path.getsize("other.txt"))
        """),
        "raise",
    )
    assert outcome.out.split() == [str(errno.EBADF), "late", "0"]


# ---- what is not ------------------------------------------------------------------------------------------------

RIGHT = {
    "a worker that is given numbers": """
jobs = queue.Queue()
def work():
    while True:
        fd = jobs.get()
        if fd is None:
            break
        os.write(fd, b"x")
        both()
jobs.put(number); jobs.put(number); jobs.put(None)
beside(work, times=2)
""",
    "a function called in a loop": """
def send(fd):
    os.write(fd, b"x")
def work():
    for _ in range(3):
        send(number)
        both()
beside(work, times=3)
""",
    "a function called in a loop further out": """
def send(fd):
    os.write(fd, b"x")
def between(fd):
    send(fd)
    both()
def work():
    count = 0
    while count < 3:
        between(number)
        count += 1
beside(work, times=3)
""",
    "a loop whose end is a handler": """
def send(fd):
    os.write(fd, b"x")
    both()
    raise ValueError
def work():
    count = 0
    while True:
        try:
            count += 1
            if count > 3:
                return
            send(number)
        except ValueError:
            continue
beside(work, times=3)
""",
    "a function that C calls many times": """
def send(fd):
    os.write(fd, b"x")
    both()
def work():
    list(map(send, [number] * 3))
beside(work, times=3)
""",
    "a target that C calls many times": """
def send(_, fd):
    os.write(fd, b"x")
    both()
beside(functools.reduce, send, [number] * 4, times=3)
""",
    "a thread each": """
def send(fd):
    os.write(fd, b"x")
    both()
for _ in range(5):
    beside(send, number)
""",
    "a pool": """
def send(fd):
    return os.write(fd, b"x")
with ThreadPoolExecutor(2) as pool:
    for _ in range(50):
        for fd in [os.open("other.txt", os.O_RDWR | os.O_CREAT) for _ in range(4)]:
            assert pool.submit(send, fd).result() == 1
            assert list(pool.map(send, [fd] * 4)) == [1] * 4
            os.close(fd)
""",
    "a recursion": """
def send(fd, left):
    os.write(fd, b"x")
    both()
    if left:
        send(fd if left > 5 else number, left - 1)
        os.write(number, b"x")
beside(send, number, 2, times=3)
""",
    "a number that the thread itself has opened again": """
def work(fd):
    os.write(fd, b"x")
    os.close(fd)
    assert os.open("other.txt", os.O_RDWR | os.O_CREAT) == fd
    os.write(fd, b"x")
    turn.wait(); turn.wait()
beside(work, number, meanwhile=lambda fd: None)
""",
    "a number that is put in the place of an open one": """
def rotate(fd):
    new = os.open("other.txt", os.O_RDWR | os.O_CREAT)
    os.dup2(new, fd)
    os.close(new)
def log(fd):
    for _ in range(3):
        os.write(fd, b"x")
        both()
beside(log, number, times=3, meanwhile=rotate)
""",
    "a number that is put in the place of a closed one": """
def rotate(fd):
    new = os.open("other.txt", os.O_RDWR | os.O_CREAT)
    os.close(fd)
    os.dup2(new, fd)
    os.close(new)
def log(fd):
    for _ in range(3):
        os.write(fd, b"x")
        both()
beside(log, number, times=3, meanwhile=rotate)
""",
    "a coroutine": """
async def send(fd):
    os.write(fd, b"x")
async def all():
    for _ in range(3):
        await send(number)
        both()
beside(lambda: asyncio.run(all()), times=3)
""",
    "a generator": """
def sends(fd):
    while True:
        yield os.write(fd, b"x")
def work():
    for _ in range(3):
        next(sends(number))
        both()
beside(work, times=3)
""",
    "a variable that is set again": """
def work(fd):
    for _ in range(3):
        os.write(fd, b"x")
        both()
        fd = number
beside(work, number, times=3)
""",
    "a variable that a handler sets again": """
def work(fd):
    for _ in range(3):
        try:
            os.write(fd, b"x")
            both()
            raise ValueError
        except ValueError:
            fd = number
        finally:
            pass
beside(work, number, times=3)
""",
    "a variable that an inner function sets": """
def work(fd):
    def again():
        nonlocal fd
        fd = number
    for _ in range(3):
        os.write(fd, b"x")
        both()
        again()
beside(work, number, times=3)
""",
    "a count that happens to be the same": """
class Link:
    fd = number
def work(count, link):
    for _ in range(3):
        os.write(link.fd, b"x" * count)
        os.write(link.fd if count else count, b"x")
        both()
beside(work, number, Link, times=3)
""",
    "a socket that is made again": """
def work():
    for _ in range(3):
        ours, theirs = socket.socketpair()
        ours.send(b"x")
        ours.close(); theirs.close()
        both()
beside(work, times=3, meanwhile=lambda fd: [os.close(os.open("other.txt", os.O_RDWR | os.O_CREAT)) for _ in range(3)])
""",
    "a socket that is begun again": """
ours = socket.socket(type=socket.SOCK_DGRAM)
number = ours.fileno()
to = socket.socket(type=socket.SOCK_DGRAM)
to.bind(("127.0.0.1", 0))
def again(fd):
    ours.close()
    ours.__init__(type=socket.SOCK_DGRAM)
    assert ours.fileno() == fd
def work(sock, name):
    for _ in range(3):
        sock.sendto(b"x", name)
        both()
beside(work, ours, to.getsockname(), times=3, meanwhile=again)
""",
    "standard output that is opened again": """
saved = os.dup(1)
def work(fd):
    for _ in range(3):
        os.write(fd, b"x")
        both()
number = 1
beside(work, 1, times=3)
""",
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_not_told(tmp_path: Path, name: str):
    outcome = recorded(tmp_path, BEGIN + RIGHT[name])
    assert reports(outcome) == []


def test_nothing_is_told_where_a_thread_may_have_several_stacks(tmp_path: Path):
    compile_c("int nothing(void) { return 0; }", tmp_path / "_greenlet.so")
    loaded = "import ctypes\nctypes.CDLL('./_greenlet.so')\n"
    outcome = recorded(tmp_path, loaded + BEGIN + LATE["an argument"])
    assert reports(outcome) == []
