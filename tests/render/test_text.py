from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from pyhandles.errors import PyhandlesError
from pyhandles.findings.growth import Growth
from pyhandles.findings.handles import HandleList
from pyhandles.findings.identify import Line
from pyhandles.findings.pages import Page
from pyhandles.render.text import error_lines, text_lines
from tests.render.answers import POOL, details, handle, handle_list, identification, summary, why


def plain(answer, width=None):
    return [line.plain for line in text_lines(answer, width)]


def test_an_identification_begins_with_the_handle_and_the_verdict():
    assert plain(identification())[:2] == [
        "fd 63  tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED",
        "garbage: only a cycle keeps it; the collector is disabled.",
    ]


def test_a_cycle_is_shown_by_the_mark_of_the_object_it_comes_back_to():
    assert plain(identification())[3:] == [
        "socket.socket fd 63 at 0x7f0000001000",
        "└─ attribute .sock of client.Connection at 0x7f0000001040  *A",
        "   └─ item [0] of list of 1 at 0x7f0000001080",
        "      └─ closure variable conns of function client.open.<locals>.on_closed (client.py:41) at 0x7f00000010c0",
        "         └─ attribute .on_closed of *A  (already found circularly)",
    ]


def test_what_is_left_out_says_how_much_and_how_to_see_it():
    lines = plain(identification(more=4812, deeper=True))

    assert any(line.endswith("… and 4,812 more (--all)") for line in lines)
    assert any(line.endswith("… goes on (--depth)") for line in lines)


def test_a_root_says_which_it_is():
    answer = identification()
    root = Line("global POOL", POOL, None, None, (), root="global `POOL` of module `client`")
    [ancestry] = answer.ancestries

    lines = plain(replace(answer, ancestries=(replace(ancestry, tree=(root,)),)))

    assert "global `POOL` of module `client`" in lines[-1]


def test_the_list_of_handles_ends_with_their_numbers():
    lines = plain(handle_list(handle(3), handle(4, kind="file", target="/a"), handle(None, "fd 9", state="stale")))

    assert lines[0].split() == ["fd", "kind", "target", "holder", "owner", "address"]
    assert "fd 9 (stale)" in lines[3]
    assert lines[-1] == "2 open: 1 socket, 1 file; 1 stale"


def test_a_part_of_the_list_of_handles_ends_with_the_numbers_of_all():
    part = HandleList(Page((handle(4, kind="file", target="/a"),), total=4, offset=1), {"socket": 2, "file": 1}, 1)

    assert plain(part)[2:] == [
        "… and 2 more (--offset 2, or a larger --limit)",
        "",
        "3 open: 2 sockets, 1 file; 1 stale",
    ]


def test_on_a_narrow_terminal_the_number_the_peer_and_the_holder_survive():
    row = plain(handle_list(handle()), 40)[1]

    assert row.split() == ["63", "tcp", "→", "10.0.0.7:5432", "Connection.sock"]


def test_of_a_likely_holder_the_name_and_that_it_is_likely_survive():
    holders = [
        "global LOCK_FD of app (likely)",
        "closure variable fd of opened.<locals>.reads (likely)",
        "app.Port.fd (likely)",
    ]
    rows = plain(handle_list(*(handle(holder=each, owners=()) for each in holders)), 40)[1:4]

    assert [row.split()[3:] for row in rows] == [["LOCK_FD", "(likely)"], ["fd", "(likely)"], ["Port.fd", "(likely)"]]


def test_the_summary_begins_with_how_full_the_table_was():
    assert plain(summary())[0].startswith("64 descriptors open, soft limit 64, hard limit unlimited")


def test_the_summary_ends_with_what_has_grown():
    assert [line.split() for line in plain(summary(), 80)[-4:]] == [
        ["grown", "before", "now", "type"],
        ["+58", "3", "61", "client.Connection", "*"],
        ["+4,421", "400", "4,821", "list"],
        ["*:", "owns", "descriptors,", "or", "holds", "what", "does"],
    ]


def test_of_what_has_grown_the_summary_shows_a_page():
    many = tuple(Growth(f"app.Type{i}", 0, 1, owner=False) for i in range(50))
    lines = plain(replace(summary(), grown=many))

    assert lines[-1] == "… and 30 more (--format json)"
    assert sum("app.Type" in line for line in lines) == 20
    assert plain(replace(summary(), grown=()))[-1] == "nothing has grown"
    assert not any("grown" in line for line in plain(replace(summary(), grown=None)))


def test_a_reason_takes_five_lines():
    assert [line.split()[0] for line in plain(why())] == ["fd", "garbage:", "path", "opened", "cut"]


def test_an_object_is_shown_with_addresses_to_go_on_from():
    lines = plain(details(), 40)

    assert "fd                63" in lines
    assert [line for line in lines if ".sock" in line and "0x7f0000001000" in line]
    assert [line for line in lines if ".on_closed" in line and "0x7f00000010c0" in line]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(
    "answer", [handle_list(handle()), identification(), why(), details(), summary()], ids=lambda a: type(a).__name__
)
def test_no_line_is_wider_than_the_terminal(answer, width):
    assert all(cell_len(line) <= width for line in plain(answer, width))


@pytest.mark.parametrize("width", [40, None])
def test_no_escape_of_a_snapshot_reaches_the_terminal(width):
    bad = handle(3, "/tmp/\x1b]0;owned\x07", holder="x\x1b[2Jy", kind="fi\nle", owners=())

    text = "".join(plain(handle_list(bad), width)) + "".join(plain(replace(identification(), handle=bad), width))

    assert "\\x1b]0;owned\\x07" in "".join(plain(handle_list(bad)))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\x1b" not in error_lines(PyhandlesError("no \x1b[31m"), width)[0].plain


def test_an_error_is_broken_between_words():
    error = PyhandlesError("no call had failed: say which address is asked for", "As in `who :3001`.")

    assert [line.plain for line in error_lines(error, 40)] == [
        "pyhandles: no call had failed: say which",
        "           address is asked for. As in",
        "           `who :3001`.",
    ]


@pytest.mark.parametrize(
    ("role", "short"),
    [
        ("standard input of a subprocess.Popen that has ended", "Popen.stdin"),
        ("standard error of a subprocess.Popen not waited for", "Popen.stderr"),
        ("connection of an asyncio stream", "connection"),
    ],
)
def test_a_pipe_of_a_child_is_not_taken_for_the_programs_own(role: str, short: str):
    piped = handle(3, "pipe:[77]", kind="pipe", role=role)

    assert f"  {short}  " in plain(handle_list(piped), 40)[1]
    assert role in plain(handle_list(piped))[1]
