"""What can follow what is typed: commands, their options, and names of objects."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion

from pyhandles.findings.handles import handles
from pyhandles.render.clean import clean_text
from pyhandles.shell.commands import COMMANDS
from pyhandles.shell.commands.command import COMMAND, OBJECT, ArgumentParser, help_paragraphs
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
        positional = next(parser.positionals(), None)
        if positional and not [word for word in rest if not word.startswith("-")]:
            if positional[0] == OBJECT:
                yield from self._objects()
            elif positional[0] == COMMAND:
                yield from ((other, help_paragraphs(COMMANDS[other])[0]) for other in COMMANDS)
        yield from ((option, text) for option, _, text in options if option not in rest)

    @cached_property
    def _descriptors(self) -> dict[str, str]:
        rows = handles(self._session.snapshot)
        return {str(handle.fd): clean_text(handle.target) for handle in rows if handle.fd is not None}

    def _objects(self) -> Iterator[tuple[str, str]]:
        mentioned = self._session.mentions
        yield from mentioned.items()
        yield from ((mark, "mark") for mark in self._session.marks if mark not in mentioned)
        yield from ((fd, what) for fd, what in self._descriptors.items() if fd not in mentioned)
