"""What no correct program does with a descriptor: told once a site, raised where that is asked for, never made up."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.collectors import PORTABLE
from tests.endtoend.service import Outcome, ask, python, script, service

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector does not record")

INSTALLED = """
import os, threading, time
import pyhandles
from pyhandles.errors import DescriptorMisuse, PyhandlesError

def quietly(call, *arguments):
    try:
        return call(*arguments)
    except OSError as error:
        return error.errno

pyhandles.install(on=(), record=True, misuse={policy!r})
"""


def recorded(tmp_path: Path, source: str, policy: str = "report") -> Outcome:
    """Run a program that is recorded from its first line on."""
    outcome = service(tmp_path, INSTALLED.format(policy=policy) + dedent(source))
    assert outcome.status == 0, outcome
    return outcome


def line_of(outcome: Outcome, text: str) -> str:
    """The place in the program where this text stands, as a report names it."""
    lines = (outcome.directory / "app.py").read_text(encoding="utf-8").splitlines()
    [number] = [number for number, line in enumerate(lines, 1) if text in line]
    return f"app.py:{number} in "


def reports(outcome: Outcome) -> list[list[str]]:
    """The lines of each report."""
    found: list[list[str]] = []
    for line in outcome.err.splitlines():
        if line.startswith("pyhandles: "):
            found.append([])
        found[-1].append(line)
    return found


# ---- what is told ----------------------------------------------------------------------------------------------


def test_a_double_close_is_told_with_the_close_before_and_the_opening(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        """
        def drop(fd):
            quietly(os.close, fd)  # the second

        def reconnect():
            fd, other = os.pipe()  # the opening
            thread = threading.Thread(target=os.close, args=(fd,))
            thread.start()  # the first
            thread.join()
            drop(fd)  # the caller
            print(fd, threading.get_native_id())

        reconnect()
        """,
    )
    fd, thread = outcome.out.split()
    [report] = reports(outcome)
    assert report[0].startswith(f"pyhandles: double close of descriptor {fd} at app.py:8 in quietly (thread {thread})")
    assert line_of(outcome, "# the second") in report[1]
    assert re.fullmatch(r"  closed before at .*run \(thread \d+\), [\d.]+ [mµ]s earlier", report[2])
    assert line_of(outcome, "# the opening") + "reconnect" in report[3]
    assert report[4].startswith("    called at app.py")


def test_a_use_after_close_is_told(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        """
        reading, writing = os.pipe()
        os.close(writing)  # closed
        quietly(os.write, writing, b"lost")
        """,
    )
    [report] = reports(outcome)
    assert re.match(r"pyhandles: use of closed descriptor \d+: write at app.py:8 in quietly", report[0])
    assert report[2].startswith(f"  closed at {line_of(outcome, '# closed')}<module>, ")


LATE = """
    def speak(fd):
        return quietly(os.write, fd, b"for the pipe")

    reading, writing = os.pipe()
    pyhandles.widen("write", site="app.py:quietly", milliseconds=400)
    speaker = threading.Thread(target=lambda: print(speak(writing)))
    speaker.start()
    time.sleep(0.1)
    os.close(writing)  # closed
    other = os.open("other.txt", os.O_WRONLY | os.O_CREAT)  # given out again
    speaker.join()
    print(os.path.getsize("other.txt"), other == writing)
"""


def test_a_late_use_is_told_with_who_had_closed_the_number_and_who_was_given_it(tmp_path: Path):
    outcome = recorded(tmp_path, LATE + '    pyhandles.capture("it.pkl")\n')
    assert outcome.out.split() == ["12", "12", "True"], "the other file has what was meant for the pipe"
    [report] = reports(outcome)
    assert re.match(r"pyhandles: late use of descriptor \d+: write at app.py:8 in quietly \(thread \d+\)", report[0])
    assert report[1] == f"    called at {line_of(outcome, 'return quietly(os.write')}speak"
    assert re.match(
        rf"  closed at {line_of(outcome, '# closed')}<module> \(thread \d+\), \d+\.\d ms earlier", report[2]
    )
    assert report[3].startswith(f"  given out again at {line_of(outcome, '# given out again')}<module> (thread ")
    [trace] = ask(outcome.snapshot(), "trace --call write")
    assert [(row["result"], row["misuse"]) for row in trace["rows"]] == [(12, "late use")]


def test_a_late_close_is_told_and_would_have_closed_the_other_file(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        """
        reading, writing = os.pipe()
        pyhandles.widen("close", site="app.py:quietly", milliseconds=400)
        closer = threading.Thread(target=quietly, args=(os.close, writing))
        closer.start()
        time.sleep(0.1)
        os.close(writing)
        other = os.open("/dev/null", os.O_RDONLY)
        closer.join()
        """,
    )
    [report] = reports(outcome)
    assert re.match(r"pyhandles: late use of descriptor \d+: close at app.py:8 in quietly", report[0])


@pytest.mark.parametrize("seconds", [0, 0.3])
@pytest.mark.parametrize(
    ("made", "kind"), [("socket.socket()", "socket"), ("socket.socketpair()[0]", "socket"), ("open('app.py')", "file")]
)
def test_a_close_of_what_an_object_owns_is_told(tmp_path: Path, made: str, kind: str, seconds: float):
    outcome = recorded(
        tmp_path,
        f"""
        import socket
        owner = {made}  # opened
        os.close(owner.fileno())  # closed
        time.sleep({seconds})
        """,
    )
    [report] = reports(outcome)[:1]
    assert re.match(rf"pyhandles: close of descriptor \d+, owned by a {kind}, at app.py:\d+ in <module>", report[0])
    assert line_of(outcome, "# closed") in report[0]
    assert line_of(outcome, "# opened") in report[1]


def test_each_site_is_told_once(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        """
        for _ in range(20):
            reading, writing = os.pipe()
            os.close(writing)
            quietly(os.write, writing, b"lost")
            quietly(os.close, reading)
        """,
    )
    assert len(reports(outcome)) == 1


def test_no_line_is_wider_than_a_terminal(tmp_path: Path):
    source = """
    class AVeryLongNameOfAClassInWhichADescriptorIsClosed:
        class WithinAnother:
            def as_a_method_of_it(self, fd):
                return quietly(os.close, fd)

    reading, writing = os.pipe()
    os.close(writing)
    AVeryLongNameOfAClassInWhichADescriptorIsClosed.WithinAnother().as_a_method_of_it(writing)
    """
    directory = tmp_path / ("a-long-name-of-a-directory" * 4)
    directory.mkdir()
    path = script(directory, INSTALLED.format(policy="report") + dedent(source))
    [report] = reports(python(path, cwd=tmp_path))
    assert "double close" in report[0]
    assert all(len(line) <= 80 for line in report), report


# ---- where -------------------------------------------------------------------------------------------------------


TWICE = """
def twice():
    reading, writing = os.pipe()
    os.close(writing)
    quietly(os.close, writing)
"""


@pytest.mark.parametrize("end", ["os._exit(0)", "time.sleep(0.3); os._exit(0)", "raise SystemExit"])
def test_what_a_forked_child_does_is_told_however_soon_it_ends(tmp_path: Path, end: str):
    outcome = recorded(
        tmp_path,
        TWICE
        + f"""
if os.fork() == 0:
    twice()
    {end}
os.wait()
time.sleep(0.2)
""",
    )
    [report] = reports(outcome)
    assert "double close" in report[0]


def test_a_daemon_tells_though_its_parent_is_gone(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        TWICE
        + """
if os.fork() > 0:
    os._exit(0)
time.sleep(0.1)
twice()
time.sleep(0.3)
os._exit(0)
""",
    )
    [report] = reports(outcome)
    assert "double close" in report[0]


def test_what_is_left_at_the_end_is_told_then(tmp_path: Path):
    outcome = recorded(tmp_path, TWICE + "\ntwice()\n")
    assert len(reports(outcome)) == 1


def test_nothing_is_written_into_what_took_the_place_of_stderr(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        TWICE
        + """
os.dup2(os.open("other.txt", os.O_WRONLY | os.O_CREAT), 2)
twice()
time.sleep(0.3)
print(os.path.getsize("other.txt"))
""",
    )
    assert outcome.out == "0\n"
    assert outcome.err == ""


def test_nothing_is_noted_where_that_is_asked_for(tmp_path: Path):
    outcome = recorded(tmp_path, TWICE + "\ntwice()\ntime.sleep(0.2)\n", policy="off")
    assert outcome.err == ""


# ---- raised ------------------------------------------------------------------------------------------------------


def test_it_is_raised_in_the_thread_that_did_it(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        TWICE
        + """
def wrong():
    try:
        twice()
        for _ in range(1000):
            time.sleep(0.001)
    except DescriptorMisuse as error:
        print(error.message.splitlines()[0])

thread = threading.Thread(target=wrong)
thread.start()
thread.join()
print("the main thread goes on")
""",
        policy="raise",
    )
    first, second = outcome.out.splitlines()
    assert re.match(r"double close of descriptor \d+ at app.py:8 in quietly", first)
    assert second == "the main thread goes on"


def test_a_late_use_is_not_made_where_it_is_to_raise(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        LATE.replace("lambda: print(speak(writing))", "guarded")
        .replace("pyhandles.widen", "guarded = lambda: guard(speak, writing)\n    pyhandles.widen")
        .replace(
            "    def speak",
            "    def guard(call, *arguments):\n"
            "        try:\n"
            "            call(*arguments)\n"
            "            time.sleep(1)\n"
            "        except DescriptorMisuse as error:\n"
            "            print(error.message.split()[0])\n\n"
            "    def speak",
        ),
        policy="raise",
    )
    assert outcome.out.split() == ["late", "0", "True"], "the other file has none of it"


# ---- delays ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "site", "told"),
    [
        ("clsoe", "app.py:f", "clsoe is no call that is recorded. did you mean close?"),
        ("close", "app.py", "app.py is no site, which is FILE:FUNCTION or FILE:LINE"),
        ("close", ":f", "no site"),
        ("close", "app.py:", "no site"),
    ],
)
def test_a_delay_that_cannot_be(tmp_path: Path, call: str, site: str, told: str):
    outcome = recorded(
        tmp_path,
        f"""
        try:
            pyhandles.widen({call!r}, site={site!r}, milliseconds=1)
        except PyhandlesError as error:
            print(error.message, error.hint, sep=". ")
        """,
    )
    assert told in outcome.out


def test_a_delay_is_at_its_site_alone_and_can_be_taken_away(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        """
        class Link:
            def reconnect(self):
                return os.open("/dev/null", os.O_RDONLY)

        def other():
            return os.open("/dev/null", os.O_RDONLY)

        def delayed(call):
            start = time.perf_counter()
            call()
            return time.perf_counter() - start > 0.2

        site = "app.py:reconnect"
        for place in (site, "app.py:Link.reconnect", f"{os.path.basename(os.getcwd())}/app.py:16"):
            pyhandles.widen("open", site=place, milliseconds=200)
            print(delayed(Link().reconnect), delayed(other))
            pyhandles.widen("open", site=place, milliseconds=0)
            print(delayed(Link().reconnect))
        pyhandles.widen("open", site="pp.py:reconnect", milliseconds=200)
        print(delayed(Link().reconnect))
        """,
    )
    assert outcome.out.split() == ["True", "False", "False"] * 3 + ["False"]


# ---- what is none ------------------------------------------------------------------------------------------------


def test_closing_every_number_is_no_misuse(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        """
        def closed():
            for _ in range(3):
                os.close(os.dup(2))
                for end in os.pipe() + os.pipe():
                    os.close(end)

        closed()
        for number in range(3, 1000):
            try:
                os.close(number)
            except OSError:
                pass
        closed()
        for number in reversed(range(3, 300)):
            quietly(os.close, number)
        closed()
        for number in os.listdir("/proc/self/fd"):
            if int(number) > 2:
                try:
                    os.close(int(number))
                except OSError:
                    pass
        time.sleep(0.2)
        """,
    )
    assert outcome.err == ""


def test_who_is_given_a_descriptor_may_close_it(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        """
        import socket

        for _ in range(3):
            os.close(socket.socket().detach())
            made = socket.socket()
            if os.fork() == 0:
                os.close(made.fileno())
                time.sleep(0.3)
                os._exit(0)
            made.close()
        time.sleep(0.3)
        """,
    )
    assert "descriptor " not in outcome.err


def test_an_object_that_lost_its_descriptor_is_no_reason_to_blame_those_who_have_the_number_later(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        """
        import socket

        lost = socket.socket()
        os.close(lost.fileno())  # the one that is wrong
        for _ in range(3):
            os.close(socket.socket().detach())
            time.sleep(0.2)
        print(socket.socket().detach() == lost.detach())
        """,
    )
    assert outcome.out == "True\n"
    assert all(line_of(outcome, "# the one that is wrong") in report[0] for report in reports(outcome))


def test_a_call_that_waits_while_its_number_is_given_out_again_is_not_late(tmp_path: Path):
    outcome = recorded(
        tmp_path,
        """
        import socket

        ours, theirs = socket.socketpair()
        fd = ours.detach()
        reader = threading.Thread(target=lambda: print(os.read(fd, 100)))
        reader.start()
        time.sleep(0.1)
        os.close(fd)
        print(os.open("/dev/null", os.O_RDONLY) == fd)
        theirs.send(b"for the one that waits")
        theirs.close()
        reader.join()
        time.sleep(0.2)
        """,
    )
    assert outcome.out.splitlines() == ["True", "b'for the one that waits'"]
    assert outcome.err == ""


CORRECT = {
    "echo server": """
        import socket

        def echo(connection):
            with connection:
                while data := connection.recv(100):
                    connection.sendall(data)

        def serve():
            for _ in range(250):
                connection, _ = listener.accept()
                echo(connection)

        def call():
            for _ in range(250):
                with socket.create_connection(listener.getsockname()) as connection:
                    connection.sendall(b"hello")
                    assert connection.recv(100) == b"hello"

        listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        threads = [threading.Thread(target=work) for work in [serve, call] * 8]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """,
    "asyncio": """
        import asyncio

        async def echo(reader, writer):
            writer.write(await reader.read(100))
            await writer.drain()
            writer.close()

        async def call(address):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"hello")
            assert await reader.read() == b"hello"
            writer.close()

        async def main():
            async with await asyncio.start_server(echo, "127.0.0.1") as server:
                for _ in range(20):
                    await asyncio.gather(*(call(server.sockets[0].getsockname()) for _ in range(20)))
            process = await asyncio.create_subprocess_exec("true")
            assert await process.wait() == 0

        asyncio.run(main())
        """,
    "subprocess": """
        import subprocess

        for options in ({}, {"cwd": "/"}, {"close_fds": True}, {"close_fds": False}, {"start_new_session": True}):
            for _ in range(5):
                done = subprocess.run(["cat"], input=b"x", stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
                assert done.stdout == b"x"
        """,
    "multiprocessing": """
        import multiprocessing

        for method in ("fork", "spawn", "forkserver"):
            with multiprocessing.get_context(method).Pool(2) as pool:
                assert pool.map(abs, range(-20, 0)) == list(range(20, 0, -1))
        """,
    "socketserver": """
        import socket, socketserver

        class Echo(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(self.rfile.readline())

        for kind in (socketserver.ThreadingTCPServer, socketserver.ForkingTCPServer):
            with kind(("127.0.0.1", 0), Echo) as server:
                thread = threading.Thread(target=server.serve_forever, args=(0.01,))
                thread.start()
                for _ in range(50):
                    with socket.create_connection(server.server_address) as connection:
                        connection.sendall(b"hello\\n")
                        assert connection.makefile("rb").readline() == b"hello\\n"
                server.shutdown()
                thread.join()
        """,
}


@pytest.mark.parametrize("program", CORRECT)
def test_a_correct_program_is_not_blamed(tmp_path: Path, program: str):
    body = dedent(CORRECT[program])
    if program == "multiprocessing":
        body = "if __name__ == '__main__':\n" + "\n".join("    " + line for line in body.splitlines())
    outcome = recorded(tmp_path, body + "\ntime.sleep(0.2)\n")
    assert [line for line in outcome.err.splitlines() if line.startswith("pyhandles")] == []


def test_what_is_only_suspected_brings_no_thread_that_a_fork_would_warn_of(tmp_path: Path):
    source = """
        import os, socket, warnings
        warnings.simplefilter("error")
        for _ in range(20):
            os.close(socket.socket().detach())
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)
    """
    outcome = recorded(tmp_path, source)

    assert (outcome.status, outcome.err) == (0, "")
