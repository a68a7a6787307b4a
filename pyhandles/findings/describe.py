"""An object in the user's words: one short text without an address."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from pyhandles.format import LABEL_KIND_SHIFT, NOTHING, FrameKind, LabelKind, OwnerFlag
from pyhandles.snapshot.model import full_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Code, Frame, OwnerRecord

MAX_MESSAGE = 60
"""So many characters of an exception's message are shown."""


@dataclass(frozen=True, slots=True)
class Described:
    """One object of the snapshot.

    ``type`` is ``module.qualname``, ``builtins.`` left out. ``text`` reads on its own, as in ``list of 3``,
    ``function handle (app.py:62)``, ``socket.socket fd 63``; it holds no address.
    """

    index: int
    address: int
    type: str
    text: str


def describe(snapshot: Snapshot, index: int) -> Described:
    """Describe the object at ``index``."""
    type_name = snapshot.type_name(index)
    text = next((text for of in _WAYS if (text := of(snapshot, index))), None)
    return Described(index, int(snapshot.addresses[index]), type_name, text or type_name)


def _module(snapshot: Snapshot, index: int) -> str | None:
    module = snapshot.modules.of(index)
    return module and f"module {module.name}"


def _class(snapshot: Snapshot, index: int) -> str | None:
    type_ = snapshot.type_records.of(index)
    return type_ and f"class {full_name(type_.module, type_.qualname)}"


def _function(snapshot: Snapshot, index: int) -> str | None:
    function = snapshot.functions.of(index)
    if function is None:
        return None
    place = location(snapshot, function.code)
    return f"function {function.qualname}" + (f" ({place})" if place else "")


def _code(snapshot: Snapshot, index: int) -> str | None:
    code = snapshot.codes.of(index)
    return code and f"code of {code.qualname or code.name} ({_short(code.file, code.line)})"


def _frame(snapshot: Snapshot, index: int) -> str | None:
    frame = snapshot.frames.of(index)
    return frame and f"{_FRAME_NOUNS[FrameKind(frame.kind)]} {call_site(snapshot, frame)}"


_FRAME_NOUNS = {
    FrameKind.RUNNING: "frame of",
    FrameKind.GENERATOR: "suspended generator",
    FrameKind.COROUTINE: "suspended coroutine",
    FrameKind.ASYNC_GENERATOR: "suspended asynchronous generator",
    FrameKind.FINISHED: "finished frame of",
}


def _exception(snapshot: Snapshot, index: int) -> str | None:
    exception = snapshot.exceptions.of(index)
    if exception is None:
        return None
    message = exception.message or ""
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 1] + "…"
    return f"{snapshot.type_name(index)}: {message}" if message else None


def _owner(snapshot: Snapshot, index: int) -> str | None:
    owner = snapshot.owners.of(index)
    return owner and f"{snapshot.type_name(index)} {owner_state(owner)}"


def _method(snapshot: Snapshot, index: int) -> str | None:
    if snapshot.type_name(index) != "method":
        return None
    for row in snapshot.rows_of(index):
        function = snapshot.functions.of(int(snapshot.targets[row]))
        if function:
            return f"bound method {function.qualname}"
    return None


def _container(snapshot: Snapshot, index: int) -> str | None:
    length = count_items(snapshot, index)
    return None if length is None else f"{snapshot.type_name(index)} of {length:,}"


_WAYS: tuple[Callable[[Snapshot, int], str | None], ...] = (
    _module,
    _class,
    _function,
    _code,
    _frame,
    _owner,
    _exception,
    _method,
    _container,
)
"""The first that has an answer gives it."""

_ITEM_KINDS = {
    "list": {LabelKind.ITEM},
    "tuple": {LabelKind.ITEM, LabelKind.CLOSURE},
    "collections.deque": {LabelKind.ITEM},
    "set": {LabelKind.SET_ITEM},
    "frozenset": {LabelKind.SET_ITEM},
    "dict": {
        LabelKind.VALUE_NAME,
        LabelKind.VALUE_INT,
        LabelKind.VALUE_HASH,
        LabelKind.VALUE_TYPE,
        LabelKind.ATTRIBUTE,
        LabelKind.GLOBAL,
    },
}


def item_kinds(snapshot: Snapshot, index: int) -> set[LabelKind] | None:
    """Kinds of label by which a container refers to its items; None if the object is no container."""
    return _ITEM_KINDS.get(snapshot.type_name(index))


def count_items(snapshot: Snapshot, index: int) -> int | None:
    """How many items a container has; None if the object is no container."""
    kinds = item_kinds(snapshot, index)
    if kinds is None:
        return None
    rows = snapshot.rows_of(index)
    labels = snapshot.labels[rows.start : rows.stop] >> LABEL_KIND_SHIFT
    return int(sum((labels == kind).sum() for kind in kinds))


def owner_state(owner: OwnerRecord) -> str:
    """``fd 63``, or ``closed``."""
    return "closed" if owner.fd < 0 or owner.flags & OwnerFlag.CLOSED else f"fd {owner.fd}"


def call_site(snapshot: Snapshot, frame: Frame) -> str:
    """``handle() at app.py:62``."""
    code = code_of(snapshot, frame.code)
    if code is None:
        return "a function that is not known"
    return f"{code.name or '?'}() at {_short(code.file, frame.line)}"


def location(snapshot: Snapshot, code_index: int, *, full: bool = False) -> str | None:
    """``app.py:62`` of the first line of a code object; ``full``: with the directory."""
    code = code_of(snapshot, code_index)
    if code is None or code.file is None:
        return None
    return f"{code.file}:{code.line}" if full else _short(code.file, code.line)


def code_of(snapshot: Snapshot, code_index: int) -> Code | None:
    return None if code_index == NOTHING else snapshot.codes.of(code_index)


def _short(file: str | None, line: int) -> str:
    return f"{PurePath(file or '?').name}:{line}"


def short_type(snapshot: Snapshot, index: int) -> str:
    """Name of the object's type as people say it: ``Connection``, with its module only if another type has the name."""
    full = snapshot.type_name(index)
    qualname = snapshot.derive(_Qualnames).of(snapshot.type_index(index))
    return qualname or full


class _Qualnames:
    """Qualified names of types that only one type of the snapshot has."""

    def __init__(self, snapshot: Snapshot) -> None:
        names: dict[str | None, list[int]] = {}
        for record in snapshot.type_records:
            names.setdefault(record.qualname, []).append(record.object)
        self._names = {objects[0]: name for name, objects in names.items() if len(objects) == 1}

    def of(self, type_index: int) -> str | None:
        return self._names.get(type_index)
