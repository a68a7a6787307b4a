"""The shell without a person, as a process of its own."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import pytest

from tests.heap import Heap
from tests.shell.leak import leaking_heap


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("shell") / "app-17-emfile.pkl"
    leaking_heap().write(path)
    return path


def shell(path, *arguments, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"} | options
    return subprocess.run([sys.executable, "-m", "pyhandles", "shell", str(path), *arguments], check=False, **options)


def documents(path, *commands):
    arguments = [argument for command in commands for argument in ("-c", command)]
    done = shell(path, "--format", "json", *arguments)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_each_command_gives_one_document_in_turn(path):
    status, found = documents(path, "summary", "io list", "identify 7", "show 7", "7", "help")

    assert status == 0
    assert [document["command"] for document in found] == ["summary", "io list", "identify 7", "show 7", "7", "help"]
    assert {document["version"] for document in found} == {1}


def test_io_list_has_a_row_for_each_open_descriptor(path):
    _, [found] = documents(path, "io list")

    assert [row["fd"] for row in found["rows"]] == [5, 7, 8, 9]
    assert [row["owner"] for row in found["rows"]] == [None, "socket.socket", "socket.socket", "socket.socket"]
    assert found["rows"][1]["target"] == "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED"


def test_a_long_io_list_is_shown_in_part_and_given_to_programs_whole(tmp_path):
    heap = Heap()
    for fd in range(60):
        heap.tcp(fd)
    heap.write(tmp_path / "long.pkl")

    lines = shell(tmp_path / "long.pkl", "-c", "io list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:51]] == [str(fd) for fd in range(50)]
    assert lines[51:] == ["… and 10 more (--offset 50, or a larger --limit)", "", "60 open: 60 sockets"]

    assert shell(tmp_path / "long.pkl", "-c", "io list --kind file").stdout == "none is of that class and kind\n"

    _, [found, part] = documents(tmp_path / "long.pkl", "io list", "io list --limit 2 --offset 1")
    assert [row["fd"] for row in found["rows"]] == list(range(60))
    assert [row["fd"] for row in part["rows"]] == [1, 2]
    assert (part["total"], part["offset"]) == (60, 1)


def test_identify_shows_the_loop_and_the_mark(path):
    done = shell(path, "-c", "identify 7")

    assert done.returncode == 0
    assert done.stdout.startswith("fd 7  tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED\ngarbage: ")
    assert done.stdout.count("*A") == 2
    assert "closure variable conns of function" in done.stdout
    assert "of *A  (already found circularly)" in done.stdout


def test_a_mark_names_an_object_for_the_next_command(path):
    _, [_, shown, reason] = documents(path, "identify 7", "show *A", "*A")

    assert shown["type"] == "client.Connection"
    assert reason["object"]["address"] == shown["address"]


def test_identify_of_a_descriptor_that_nothing_owns_is_an_answer(path):
    status, [found] = documents(path, "identify 5")

    assert status == 0
    assert found["tree"] == []
    assert found["verdict"]["kind"] == "native"


def test_show_of_a_function_says_where_it_is(path):
    _, [identified] = documents(path, "identify 7")
    function = identified["tree"][0]["referrers"][0]["referrers"][0]["object"]
    _, [shown] = documents(path, f"show {function['address']}")

    assert shown["name"] == "client.open.<locals>.on_closed"
    assert shown["location"] == "client.py:41"


def test_show_of_a_descriptor_that_nothing_owns_says_where_to_ask(path):
    status, [failed] = documents(path, "show 5")

    assert status == 1
    assert failed["error"] == {"message": "no object owns descriptor 5", "hint": "`identify 5` says what is known."}


def test_raw_shows_every_object(path):
    assert "__closure__" not in shell(path, "-c", "identify 7").stdout
    assert "__closure__" in shell(path, "-c", "identify 7 --raw").stdout


def test_depth_bounds_the_tree(path):
    assert "closure variable conns of" not in shell(path, "-c", "identify 7 --depth 1").stdout


def test_all_shows_what_is_left_out(tmp_path):
    heap = leaking_heap()
    shared = heap.socket(30)
    heap.tcp(30)
    lists = heap.list(*(heap.list(shared) for _ in range(300)))
    heap.write(tmp_path / "x.pkl")
    address = f"{heap.address(lists):#x}"

    assert "more (--all)" in shell(tmp_path / "x.pkl", "-c", "identify 30").stdout
    assert "more (--all)" not in shell(tmp_path / "x.pkl", "-c", "identify 30 --all --depth 1").stdout
    assert "more (--all)" in shell(tmp_path / "x.pkl", "-c", f"show {address}").stdout
    assert "more (--all)" not in shell(tmp_path / "x.pkl", "-c", f"show {address} --all").stdout


def test_commands_come_from_standard_input(path):
    done = shell(path, input="io list\n\n9\nquit\nidentify 7\n")

    assert done.returncode == 0
    assert "4 open" in done.stdout
    assert "\n\nfd 9  tcp" in done.stdout
    assert "already found" not in done.stdout


def test_a_failed_command_does_not_stop_those_after_it(path):
    done = shell(path, "-c", "idnetify 7", "-c", "identify 999", "-c", "io list")

    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first == "pyhandles: no command 'idnetify'. Did you mean `identify`?"
    assert "999" in second
    assert "4 open" in done.stdout


def test_a_failure_is_a_document_too(path):
    status, [failed, listed] = documents(path, "identify 999", "io list")

    assert status == 1
    assert failed["command"] == "identify 999"
    assert failed["error"].keys() == {"message", "hint"}
    assert len(listed["rows"]) == 4


def test_csv_has_a_line_of_titles(path):
    done = shell(path, "--format", "csv", "-c", "io list")

    assert [row["fd"] for row in csv.DictReader(done.stdout.splitlines())] == ["5", "7", "8", "9"]


@pytest.mark.parametrize("content", [None, b"", b"no snapshot", b"\x80\x05}."])
def test_what_is_no_snapshot_is_told_in_one_line_and_status_2(tmp_path, content):
    path = tmp_path / "x.pkl"
    if content is not None:
        path.write_bytes(content)

    done = shell(path, "-c", "io list")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pyhandles: ")
    assert done.stderr.count("\n") == 1


def test_whoever_reads_only_the_beginning_hears_nothing_of_it(path):
    reads, writes = os.pipe()
    os.close(reads)

    done = shell(path, "-c", "io list", stdout=writes)
    os.close(writes)

    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_without_unicode_gets_ascii(path, encoding):
    done = shell(path, "-c", "identify 7", env=os.environ | {"PYTHONIOENCODING": encoding})

    assert (done.returncode, done.stderr) == (0, "")
    assert "`- attribute .sock of client.Connection" in done.stdout


def test_a_letter_that_the_stream_does_not_know_is_written_as_an_escape(tmp_path):
    heap = leaking_heap()
    heap.descriptor(20, "/srv/größe.txt")
    heap.write(tmp_path / "x.pkl")

    done = shell(tmp_path / "x.pkl", "-c", "io list", env=os.environ | {"PYTHONIOENCODING": "ascii"})

    assert (done.returncode, done.stderr) == (0, "")
    assert "/srv/gr\\xf6\\xdfe.txt" in done.stdout


def test_standard_input_that_is_no_text_is_a_command_that_fails(path):
    done = shell(path, input=b"\xff\xfe\nio list\n", encoding=None)

    assert done.returncode == 1
    assert done.stderr.startswith(b"pyhandles: no command")
    assert b"4 open" in done.stdout


def test_names_of_a_strangers_snapshot_do_not_reach_the_terminal_as_escapes(tmp_path):
    heap = leaking_heap()
    heap.descriptor(20, "/tmp/\x1b]0;owned\x07\x9b")
    owner = heap.socket(21, type_name="evil.\x1b[2J")
    heap.tcp(21, peer="\x1b[31m")
    heap.refer(heap.module("m\x1b\n"), ".x", owner)
    heap.write(tmp_path / "x.pkl")

    for form in ("text", "json", "csv"):
        commands = ("-c", "io list", "-c", "identify 21", "-c", "show 21", "-c", "21", "-c", "\x1b[2J", "-c", "20")
        done = shell(tmp_path / "x.pkl", "--format", form, *commands)

        assert not {"\x1b", "\x07", "\x9b"} & {*done.stdout, *done.stderr}


def test_programs_do_not_wait_for_prompt_toolkit(path):
    code = (
        "import sys; from pyhandles.cli import main; main(sys.argv[1:]); "
        "assert not [name for name in sys.modules if name.startswith('prompt_toolkit')]"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "shell", str(path), "-c", "identify 7"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_line_starts_without_the_heavy_half():
    code = (
        "import sys, pyhandles.cli\n"
        "try: pyhandles.cli.main(['--version'])\n"
        "except SystemExit: pass\n"
        "assert not {'numpy', 'rich', 'scipy', 'networkx'} & sys.modules.keys()"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
