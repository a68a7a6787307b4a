"""A small language for building tiny heaps: a test says what refers to what, and gets a snapshot of it.

    heap = Heap()
    connection, handler = heap.instance("app.Connection"), heap.instance("app.Handler")
    heap.refer(connection, ".handler", handler)
    heap.refer(handler, ".connection", connection)
    snapshot = heap.snapshot()

Labels are written short: ``.x`` attribute, ``[3]`` item, ``['k']`` value, and else by the kind's name and its
value, as in ``local conn``, ``closure conns``, ``global POOL``, ``member raw``, ``slot wire``, ``type``, ``weak``.

Reference counts follow from the references: each but a weak one or a stack candidate adds one. ``held`` adds
those of native code.

What a recorder saw is told in the language of `tests.recording`, what the kernel said of the surroundings in that of
`tests.surroundings`.
"""

from __future__ import annotations

import io
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyhandles.dump.writer import write_snapshot
from pyhandles.format import (
    KERNEL_TABLES,
    LABEL_KIND_SHIFT,
    LABEL_UNCOUNTED,
    NOTHING,
    RECORDED_TABLES,
    SATURATED,
    TABLES,
    FrameKind,
    LabelKind,
    ObjectFlag,
    OwnerKind,
    RootKind,
    TypeFlag,
)
from pyhandles.snapshot import Snapshot
from tests.recording import Recording
from tests.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_ADDRESS = 0x7F00_0000_1000
ALIGNMENT = 64

_TYPECODES = {"<u1": "B", "<u2": "H", "<u4": "I", "<i4": "i", "<u8": "Q", "<i8": "q"}
_ATOMS = {"str", "int", "float", "bytes", "NoneType", "bool", "complex", "select.epoll"}
_SHORT_LABELS = {
    "reference": LabelKind.UNKNOWN,
    "slot": LabelKind.SLOT,
    "member": LabelKind.MEMBER,
    "key": LabelKind.KEY_NAME,
    "closure": LabelKind.CLOSURE,
    "local": LabelKind.LOCAL,
    "global": LabelKind.GLOBAL,
    "stack": LabelKind.STACK,
    "candidate": LabelKind.STACK_CANDIDATE,
    "type": LabelKind.TYPE,
    "base": LabelKind.BASE,
    "weak": LabelKind.WEAK,
    "context": LabelKind.CONTEXT,
    "hash": LabelKind.VALUE_HASH,
    "set": LabelKind.SET_ITEM,
    "keyint": LabelKind.KEY_INT,
}
_NUMBERED = {
    LabelKind.UNKNOWN,
    LabelKind.STACK,
    LabelKind.KEY_INT,
    LabelKind.STACK_CANDIDATE,
    LabelKind.VALUE_HASH,
    LabelKind.SET_ITEM,
}


@dataclass
class _Object:
    type: int
    size: int
    held: int
    flags: ObjectFlag
    references: list[tuple[int, int]] = field(default_factory=list)


class Heap(Recording, Surroundings):
    """What `snapshot` writes. Every method that makes an object returns its index."""

    def __init__(self) -> None:
        super().__init__()
        self.header: dict[str, object] = {
            "writer": "test",
            "pyhandles": "0",
            "time": 1_700_000_000.5,
            "trigger": "emfile",
            "errno": 24,
            "process": {"pid": 4242, "ppid": 1, "argv": ["app.py"], "executable": "/usr/bin/python3", "cwd": "/srv"},
            "python": {
                "version": "3.12.1",
                "hexversion": 0x030C01F0,
                "implementation": "cpython",
                "platform": "linux",
                "machine": "x86_64",
            },
            "limits": {"open": None, "soft": 64, "hard": 4096, "met": None},
            "gc": {
                "enabled": True,
                "thresholds": [700, 10, 10],
                "counts": [1, 2, 3],
                "collections": [5, 1, 0],
                "collecting": False,
                "garbage": 0,
            },
            "options": {"keys": "names", "redact": False},
            "capture": {"mode": "fork", "unreadable": 0, "seconds": 0.1},
        }
        self._objects: list[_Object] = []
        self._texts: dict[str, int] = {}
        self._types: dict[str, int] = {}
        self._threads: dict[str, int] = {}
        self._rows: dict[str, list[tuple[int, ...]]] = {name: [] for name in TABLES}
        self.type("type")

    # Objects

    def object(
        self,
        type_name: str,
        *,
        held: int = 0,
        size: int = 48,
        immortal: bool = False,
        flags: int = 0,
    ) -> int:
        """An object of the type of this name; ``held`` references to it come from native code."""
        if type_name not in _ATOMS:
            flags |= ObjectFlag.TRACKED | ObjectFlag.COLLECTABLE
        if immortal:
            flags |= ObjectFlag.IMMORTAL
        type_index = self.type(type_name)
        index = len(self._objects)
        self._objects.append(_Object(type_index, size, held, flags))
        if not self._objects[type_index].flags & ObjectFlag.IMMORTAL:
            self.refer(index, "type", type_index)
        return index

    def instance(self, type_name: str, *, fd: int | None = None, held: int = 0) -> int:
        """An instance; with ``fd``, a socket's owner."""
        return self.object(type_name, held=held) if fd is None else self.socket(fd, type_name=type_name, held=held)

    def type(self, name: str, *, flags: TypeFlag | None = None) -> int:
        """The type of this name, made at the first call; those of ``builtins`` are immortal."""
        if name not in self._types:
            module, _, qualname = name.rpartition(".")
            index = self._types[name] = len(self._objects)
            object_flags = ObjectFlag.TRACKED | ObjectFlag.COLLECTABLE
            self._objects.append(_Object(0, 1000, 1, object_flags if module else object_flags | ObjectFlag.IMMORTAL))
            type_flags = (TypeFlag.HEAP if module else TypeFlag(0)) if flags is None else flags
            row = (index, self.text(module or "builtins"), self.text(qualname), NOTHING, type_flags)
            self._rows["types"].append(row)
        return self._types[name]

    def module(self, name: str, *, file: str | None = None, root: bool = True, **variables: int) -> int:
        """A module with its dict, and its globals; in ``sys.modules`` unless ``root`` is false."""
        module, namespace = self.object("module", held=int(root)), self.object("dict")
        self.refer(module, "member __dict__", namespace)
        for variable, value in variables.items():
            self.refer(namespace, f"global {variable}", value)
        self._rows["modules"].append((module, self.text(name), self.text(file)))
        if root:
            self.root(module, RootKind.MODULE, name)
        return module

    def code(self, name: str, file: str = "app.py", line: int = 1, *, qualname: str | None = None) -> int:
        code = self.object("code")
        self._rows["codes"].append((code, self.text(name), self.text(qualname or name), self.text(file), line))
        return code

    def function(
        self, name: str, *, file: str = "app.py", line: int = 1, closure: dict[str, int] | None = None, held: int = 0
    ) -> int:
        """A function called ``module.qualname``; ``closure``: variable → value, each through a cell of its own."""
        module, _, qualname = name.partition(".")
        function = self.object("function", held=held)
        code = self.code(qualname.rpartition(".")[2], file, line, qualname=qualname)
        self.refer(function, "member __code__", code)
        self._rows["functions"].append((function, self.text(module), self.text(qualname), code))
        if closure:
            cells = self.object("tuple")
            self.refer(function, "member __closure__", cells)
            for variable, value in closure.items():
                cell = self.object("cell")
                self.refer(cells, f"closure {variable}", cell)
                self.refer(cell, "member cell_contents", value)
        return function

    def method(self, function: int, instance: int) -> int:
        method = self.object("method")
        self.refer(method, "member __func__", function)
        self.refer(method, "member __self__", instance)
        return method

    def list(self, *items: int, type_name: str = "list") -> int:
        sequence = self.object(type_name)
        for position, item in enumerate(items):
            self.refer(sequence, f"[{position}]", item)
        return sequence

    def tuple(self, *items: int) -> int:
        return self.list(*items, type_name="tuple")

    def dict(self, **values: int) -> int:
        mapping = self.object("dict")
        for key, value in values.items():
            self.refer(mapping, f"[{key!r}]", value)
        return mapping

    def frame(
        self,
        name: str,
        *,
        file: str = "app.py",
        line: int = 1,
        thread: str = "MainThread",
        depth: int = 0,
        **variables: int,
    ) -> int:
        """A running frame, a root: it holds its locals without reporting them to the collector."""
        frame = self.object("frame", held=1, flags=ObjectFlag.FRAME)
        code = self.code(name, file, line)
        self.refer(frame, "member f_code", code)
        for variable, value in variables.items():
            self.refer(frame, f"local {variable}", value, uncounted=True)
        self._rows["frames"].append((frame, code, line, self.thread(thread), depth, FrameKind.RUNNING))
        self.root(frame, RootKind.FRAME)
        return frame

    def generator(
        self, name: str, *, file: str = "app.py", line: int = 1, kind: FrameKind = FrameKind.GENERATOR, **variables: int
    ) -> int:
        """A suspended generator, coroutine or asynchronous generator."""
        generator = self.object("coroutine" if kind == FrameKind.COROUTINE else "generator")
        for variable, value in variables.items():
            self.refer(generator, f"local {variable}", value)
        self._rows["frames"].append((generator, self.code(name, file, line), line, NOTHING, 0, kind))
        return generator

    def thread(self, name: str, *, native: int = 0) -> int:
        """Row of the thread of this name; ``native``: the kernel's number of it."""
        if name not in self._threads:
            self._threads[name] = len(self._rows["threads"])
            self._rows["threads"].append((1000 + len(self._threads), native, self.text(name), 0))
        return self._threads[name]

    def exception(self, type_name: str, message: str) -> int:
        exception = self.object(type_name)
        self._rows["exceptions"].append((exception, self.text(message)))
        return exception

    def root(self, target: int, kind: RootKind, name: str | None = None) -> None:
        self._rows["roots"].append((target, kind, self.text(name)))

    # Owners and descriptors

    def socket(self, fd: int, *, type_name: str = "socket.socket", held: int = 0, flags: int = 0, uses: int = 0) -> int:
        socket = self.object(type_name, held=held)
        self.own(socket, fd, OwnerKind.SOCKET, flags=flags, uses=uses)
        return socket

    def file(self, fd: int, *, held: int = 0, flags: int = 0) -> int:
        """A FileIO with the buffer and the text layer around it; gives the text layer."""
        raw, buffer = self.object("_io.FileIO"), self.object("_io.BufferedReader")
        text = self.object("_io.TextIOWrapper", held=held)
        self.refer(buffer, "member raw", raw)
        self.refer(text, "member buffer", buffer)
        self.own(raw, fd, OwnerKind.FILE, flags=flags)
        return text

    def own(self, index: int, fd: int, kind: OwnerKind, *, flags: int = 0, uses: int = 0) -> None:
        self._rows["owners"].append((index, fd, kind, flags, uses))

    def number(self, holder: int, label: str, value: int) -> None:
        """An integer in a place named like a descriptor."""
        self.refer(holder, label, self.object("int"))
        self._rows["numbers"].append((holder, self.label(label), value))

    def descriptor(self, fd: int, link: str, **fields: int | str) -> None:
        """An open descriptor; fields that are not given are what the kernel would not say."""
        defaults: dict[str, int | str | None] = dict.fromkeys(TABLES["descriptors"], -1)
        defaults |= {"mode": 0, "device": 0, "inode": 0, "size": 0, "flags": 0, "cloexec": 1, "start": 0}
        defaults |= {"local": None, "peer": None, "link": link, "fd": fd}
        unknown = fields.keys() - defaults.keys()
        assert not unknown, f"no such fields: {unknown}"
        row = {name: fields.get(name, default) for name, default in defaults.items()}
        self._rows["descriptors"].append(
            tuple(
                self.text(row[name]) if name in {"link", "local", "peer"} else row[name]
                for name in TABLES["descriptors"]
            )
        )

    def tcp(
        self, fd: int, peer: str = "10.0.0.7:5432", local: str = "10.0.0.1:41830", *, state: int = 1, **fields: int
    ) -> None:
        """A connected TCP socket in the descriptor table; state 1 is ESTABLISHED."""
        kinds = {"family": 2, "socktype": 1, "protocol": 6, "listening": 0, "mode": 0o140777}
        self.descriptor(fd, f"socket:[{1000 + fd}]", local=local, peer=peer, state=state, **(kinds | fields))

    def census(self, **counts: int) -> None:
        """How many objects of each type there were at installation; ``__`` in a name stands for a dot."""
        self._rows["census"] += [(self.text(name.replace("__", ".")), count) for name, count in counts.items()]

    # References

    def refer(self, source: int, label: str, target: int, *, uncounted: bool = False) -> None:
        self._objects[source].references.append((target, self.label(label, uncounted=uncounted)))

    def hold(self, index: int, count: int = 1) -> None:
        """Native code takes ``count`` references to the object."""
        self._objects[index].held += count

    def label(self, text: str, *, uncounted: bool = False) -> int:
        kind, value = self._read_label(text)
        if kind in {LabelKind.WEAK, LabelKind.STACK_CANDIDATE}:
            uncounted = True
        return kind << LABEL_KIND_SHIFT | (LABEL_UNCOUNTED if uncounted else 0) | value

    def _read_label(self, text: str) -> tuple[LabelKind, int]:
        if text.startswith("."):
            return LabelKind.ATTRIBUTE, self.text(text[1:])
        if text.startswith("['"):
            return LabelKind.VALUE_NAME, self.text(text[2:-2])
        if text.startswith("["):
            return LabelKind.ITEM, int(text[1:-1])
        word, _, rest = text.partition(" ")
        kind = _SHORT_LABELS[word]
        if kind in _NUMBERED:
            return kind, int(rest or 0)
        return kind, self.text(rest) if rest else 0

    def text(self, text: str | None) -> int:
        """Index of the text in the file."""
        return NOTHING if text is None else self._texts.setdefault(text, len(self._texts))

    # The file

    def address(self, index: int) -> int:
        return FIRST_ADDRESS + index * ALIGNMENT

    def snapshot(self, name: str = "heap.pkl") -> Snapshot:
        return Snapshot(memoryview(self.data()), name)

    def data(self) -> bytes:
        """The bytes of the snapshot file."""
        file = io.BytesIO()
        self.write(file)
        return file.getvalue()

    def write(self, target: object) -> None:
        """Write the snapshot to a path or an open binary file."""
        if "recorder" not in self.header and any(self._rows[name] for name in RECORDED_TABLES):
            self.record()
        if "kernel" not in self.header and any(self._rows[name] for name in KERNEL_TABLES):
            self.ask_kernel()
        header = dict(self.header)
        limits = dict(header["limits"])
        if limits["open"] is None:
            limits["open"] = len(self._rows["descriptors"])
        header["limits"] = limits
        write_snapshot(target, header, {name: _columns(name, rows) for name, rows in self._all_rows().items()})

    def _all_rows(self) -> dict[str, Iterable[tuple[int, ...]]]:
        counts = [entry.held for entry in self._objects]
        objects, references = [], []
        for entry in self._objects:
            for target, label in entry.references:
                references.append((target, label))
                if label >> LABEL_KIND_SHIFT not in {LabelKind.WEAK, LabelKind.STACK_CANDIDATE}:
                    counts[target] += 1
        end = 0
        for index, entry in enumerate(self._objects):
            end += len(entry.references)
            count = SATURATED if entry.flags & ObjectFlag.IMMORTAL else counts[index]
            objects.append((self.address(index), entry.type, entry.size, count, entry.flags, end))
        texts = [text.encode("utf-8", "surrogatepass") for text in self._texts]
        ends = [sum(map(len, texts[: position + 1])) for position in range(len(texts))]
        return self._rows | {
            "objects": objects,
            "references": references,
            "strings": [(end,) for end in ends],
            "text": [(byte,) for byte in b"".join(texts)],
        }


def _columns(table: str, rows: Iterable[tuple[int, ...]]) -> dict[str, array[int]]:
    columns = list(zip(*rows, strict=True)) or [()] * len(TABLES[table])
    return {
        name: array(_TYPECODES[type_], values)
        for (name, type_), values in zip(TABLES[table].items(), columns, strict=True)
    }
