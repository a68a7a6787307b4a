from __future__ import annotations

import pytest

from pyhandles.shell.errors import BadArguments, UnknownCommand
from pyhandles.shell.parsing import parse


def test_a_command_of_two_words_and_one_of_one():
    assert parse("io list").command.name == "io list"
    assert parse("  summary ").command.name == "summary"


def test_options_are_read_in_any_place():
    arguments = parse("identify --raw 63 --depth 4").arguments

    assert (arguments.name, arguments.raw, arguments.all, arguments.depth) == ("63", True, False, 4)


@pytest.mark.parametrize("name", ["63", "0x7f00A0", "#1234", "*A"])
def test_the_name_of_an_object_alone_means_why(name):
    parsed = parse(name)

    assert (parsed.command.name, parsed.arguments.name) == ("why", name)


def test_an_empty_line_means_nothing():
    assert parse("  ") is None


def test_exit_is_quit():
    assert parse("exit").command.name == "quit"


def test_a_command_tells_of_itself_when_asked_for_help():
    parsed = parse("io list --help")

    assert (parsed.command.name, parsed.arguments.words) == ("help", ["io", "list"])


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("idnetify 63", "identify"),
        ("ident 63", "identify"),
        ("io", "io list"),
        ("io lst", "io list"),
        ("IO LIST", "io list"),
    ],
)
def test_a_misspelt_command_names_the_one_that_was_meant(line, meant):
    with pytest.raises(UnknownCommand) as caught:
        parse(line)

    assert caught.value.hint == f"Did you mean `{meant}`?"


def test_a_word_like_no_command_points_to_help():
    with pytest.raises(UnknownCommand) as caught:
        parse("xyzzy")

    assert caught.value.message == "no command 'xyzzy'"
    assert caught.value.hint == "`help` lists the commands."


def test_a_misspelt_option_names_the_one_that_was_meant():
    with pytest.raises(BadArguments) as caught:
        parse("identify 63 --rwa")

    assert caught.value.message == "identify does not take '--rwa'"
    assert caught.value.hint == "Did you mean `--raw`?"


@pytest.mark.parametrize(
    "line",
    ["identify", "identify 1 2", "identify 63 --depth", "identify 63 --depth x", "identify 63 --depth 0", "63 64"],
)
def test_what_a_command_does_not_take_is_answered_with_its_usage(line):
    with pytest.raises(BadArguments) as caught:
        parse(line)

    assert caught.value.hint.startswith("Usage: `")


def test_a_quotation_without_an_end_is_an_error_of_the_user():
    with pytest.raises(BadArguments):
        parse("identify '63")
