"""What can follow what is typed: commands, their options, and names of objects."""

from __future__ import annotations

import shlex
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion

from pyhandles.findings.descriptors import target_of
from pyhandles.findings.handles import handles
from pyhandles.render.clean import clean_text
from pyhandles.shell.commands import COMMANDS
from pyhandles.shell.commands.command import ADDRESS, COMMAND, DESCRIPTOR, FILE, OBJECT, ArgumentParser, help_paragraphs
from pyhandles.shell.parsing import split_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prompt_toolkit.document import Document

    from pyhandles.shell.session import Session


class ShellCompleter(Completer):
    """Completes a line from the commands and from the session: what the last answer mentioned comes first."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        before = document.text_before_cursor.lstrip()
        words = before.split()
        unfinished = words.pop() if words and not before.endswith(" ") else ""
        for name, what in self._candidates(words, unfinished):
            if name.startswith(unfinished):
                yield Completion(name, -len(unfinished), display_meta=what)

    def _candidates(self, words: Sequence[str], unfinished: str) -> Iterator[tuple[str, str]]:
        begun = "".join(f"{word} " for word in words)
        for name, command in COMMANDS.items():
            if name.startswith(begun):
                yield name.removeprefix(begun), help_paragraphs(command)[0]
        if not words:
            yield from self._objects()
            return
        begins, rest = split_name(words)
        if begins is None:
            return
        parser = ArgumentParser(COMMANDS[begins])
        options = list(parser.options())
        if rest and any(option == rest[-1] and value for option, value, _ in options):
            return
        if unfinished.startswith("-"):
            yield from ((option, text) for option, _, text in options if option not in rest)
            return
        for name, _ in parser.positionals():
            yield from self._named(name, unfinished, is_first=all(word.startswith("-") for word in rest))
            break
        yield from ((option, text) for option, _, text in options if option not in rest)

    def _named(self, what: str, unfinished: str, *, is_first: bool) -> Iterator[tuple[str, str]]:
        """What an argument that is called so can be; of some there is one only."""
        if what.startswith(FILE):
            yield from _snapshots(unfinished)
        elif what == OBJECT and is_first:
            yield from self._objects()
        elif what == DESCRIPTOR and is_first:
            yield from self._descriptors.items()
        elif what == ADDRESS and is_first:
            yield from self._addresses.items()
        elif what == COMMAND and is_first:
            yield from ((other, help_paragraphs(COMMANDS[other])[0]) for other in COMMANDS)

    @cached_property
    def _descriptors(self) -> dict[str, str]:
        rows = handles(self._session.snapshot)
        return {str(handle.fd): clean_text(handle.target) for handle in rows if handle.fd is not None}

    @cached_property
    def _addresses(self) -> dict[str, str]:
        """Of what listens here."""
        return {
            each.local: clean_text(target_of(each))
            for each in self._session.snapshot.descriptors
            if each.listening == 1 and each.local and clean_text(each.local) == each.local == shlex.quote(each.local)
        }

    def _objects(self) -> Iterator[tuple[str, str]]:
        mentioned = self._session.mentions
        yield from mentioned.items()
        yield from ((mark, "mark") for mark in self._session.marks if mark not in mentioned)
        yield from ((fd, what) for fd, what in self._descriptors.items() if fd not in mentioned)


def _snapshots(begun: str) -> Iterator[tuple[str, str]]:
    """Snapshots and directories in the directory of a file name that is begun; none whose name needs quotes."""
    directory = begun[: begun.rfind("/") + 1]
    with suppress(OSError, ValueError):
        for path in sorted(Path(directory or ".").iterdir()):
            name = directory + path.name
            if shlex.quote(name) == name and not path.name.startswith("."):
                if path.is_dir():
                    yield f"{name}/", "directory"
                elif path.suffix == ".pkl":
                    yield name, "snapshot"
