"""Every object and every reference of a heap made by the test, all of them and none besides."""

from __future__ import annotations

import collections
import functools
import gc
import inspect
import sys
import types
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from pyhandles.format import SATURATED, LabelKind, ObjectFlag
from tests.native.plain import Plain, Reference

Capture = Callable[[], Plain]
Expected = Counter[tuple[LabelKind, str | int, int]]


class Node:
    """An instance whose attributes are its references."""


class Slotted:
    __slots__ = ("first", "second", "third")


SLOTS = Slotted.__slots__


class Made:
    """One object of the heap: ``holder`` is what was made, ``refer`` makes it hold another and says by which label."""

    def __init__(self) -> None:
        self.expected: Expected = Counter()

    def expect(self, kind: LabelKind, value: str | int, target: object) -> None:
        self.expected[(kind, value, id(target))] += 1

    def references(self, snapshot: Plain) -> list[Reference]:
        return snapshot.references(id(self.holder))

    holder: Any
    structural: frozenset[tuple[LabelKind, str | int]] = frozenset({(LabelKind.TYPE, 0)})
    """References that it has however it is used."""

    def refer(self, target: object) -> None:
        raise NotImplementedError


class MadeInstance(Made):
    structural = Made.structural | {(LabelKind.MEMBER, "__dict__")}

    def references(self, snapshot: Plain) -> list[Reference]:
        """Of the dict, too, which an instance gets that has more attributes than its class made room for."""
        own = super().references(snapshot)
        dicts = [each.target for each in own if (each.kind, each.value) == (LabelKind.MEMBER, "__dict__")]
        return own + [each for address in dicts for each in snapshot.references(address)]

    def __init__(self) -> None:
        super().__init__()
        self.holder = Node()

    def refer(self, target: object) -> None:
        name = f"a{self.expected.total()}"
        setattr(self.holder, name, target)
        self.expect(LabelKind.ATTRIBUTE, name, target)


class MadeSlotted(Made):
    def __init__(self) -> None:
        super().__init__()
        self.holder = Slotted()

    def refer(self, target: object) -> None:
        if self.expected.total() < len(SLOTS):
            name = SLOTS[self.expected.total()]
            setattr(self.holder, name, target)
            self.expect(LabelKind.SLOT, name, target)


class MadeList(Made):
    def __init__(self) -> None:
        super().__init__()
        self.holder = self.make()

    make: Callable[[], Any] = staticmethod(list)

    def refer(self, target: object) -> None:
        self.expect(LabelKind.ITEM, len(self.holder), target)
        self.holder.append(target)


class MadeDeque(MadeList):
    make = staticmethod(collections.deque)


class MadeTuple(Made):
    """Filled when it is made, so it holds a list that grows."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = MadeList()
        self.holder = (self.inner.holder,)
        self.expect(LabelKind.ITEM, 0, self.inner.holder)

    def refer(self, target: object) -> None:
        self.inner.refer(target)


class MadeDict(Made):
    def __init__(self) -> None:
        super().__init__()
        self.holder = {}

    def refer(self, target: object) -> None:
        key = f"k{len(self.holder)}"
        self.holder[key] = target
        self.expect(LabelKind.VALUE_NAME, key, target)


class MadeNumberedDict(Made):
    def __init__(self) -> None:
        super().__init__()
        self.holder = {}

    def refer(self, target: object) -> None:
        key = len(self.holder)
        self.holder[key] = target
        self.expect(LabelKind.VALUE_INT, key * 2, target)
        self.expect(LabelKind.KEY_INT, key * 2, key)


class MadeClosure(Made):
    structural = Made.structural | {
        (LabelKind.MEMBER, name)
        for name in (
            "__globals__",
            "__builtins__",
            "__name__",
            "__qualname__",
            "__code__",
            "__closure__",
            "__module__",
            "__doc__",
            "__annotations__",
            "__annotate__",
            "__type_params__",
            "__dict__",
        )
    }

    def __init__(self) -> None:
        super().__init__()
        conns: list[object] = []

        def function() -> object:
            return conns

        self.holder = function
        self.inner = MadeList()
        self.inner.holder = conns

    def refer(self, target: object) -> None:
        self.inner.refer(target)


class MadeMethod(Made):
    structural = Made.structural | {(LabelKind.MEMBER, "__func__")}

    def __init__(self) -> None:
        super().__init__()
        self.inner = MadeInstance()
        self.holder = types.MethodType(print, self.inner.holder)
        self.expect(LabelKind.MEMBER, "__self__", self.inner.holder)

    def refer(self, target: object) -> None:
        self.inner.refer(target)


class MadePartial(Made):
    structural = Made.structural | {(LabelKind.MEMBER, name) for name in ("func", "args", "keywords")}

    def __init__(self) -> None:
        super().__init__()
        self.holder = functools.partial(print)
        self.inner = MadeDict()

    def refer(self, target: object) -> None:
        self.inner.refer(target)
        self.holder.__setstate__((print, (), self.inner.holder, None))


KINDS = [
    MadeInstance,
    MadeSlotted,
    MadeList,
    MadeDeque,
    MadeTuple,
    MadeDict,
    MadeNumberedDict,
    MadeClosure,
    MadeMethod,
    MadePartial,
]

heaps = st.lists(st.sampled_from(KINDS), min_size=1, max_size=30).flatmap(
    lambda kinds: st.tuples(
        st.just(kinds),
        st.lists(st.tuples(st.integers(0, len(kinds) - 1), st.integers(0, len(kinds) - 1)), max_size=90),
    )
)


def build(kinds: list[type[Made]], edges: list[tuple[int, int]]) -> list[Made]:
    made = [kind() for kind in kinds]
    for source, target in edges:
        made[source].refer(made[target].holder)
    return made


def told(references: list[Reference], structural: frozenset[tuple[LabelKind, str | int]]) -> Expected:
    return Counter(
        (each.kind, each.value, each.target) for each in references if (each.kind, each.value) not in structural
    )


EXAMPLES = settings(
    max_examples=min(40, settings.default.max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@EXAMPLES
@given(heaps)
def test_every_reference_of_a_heap_is_told_with_its_label_and_none_besides(
    captured: Capture, heap: tuple[list[type[Made]], list[tuple[int, int]]]
) -> None:
    made = build(*heap)
    gc.collect()

    snapshot = captured()

    for each in made:
        assert told(each.references(snapshot), each.structural) == each.expected, each.holder
        assert snapshot.type_name(id(each.holder)).endswith(type(each.holder).__qualname__)


@EXAMPLES
@given(heaps)
def test_every_object_refers_as_the_collector_says(
    captured: Capture, heap: tuple[list[type[Made]], list[tuple[int, int]]]
) -> None:
    made = build(*heap)

    snapshot = captured()

    flags = snapshot.column("objects", "flags")
    for each in made:
        reported = Counter(id(target) for target in gc.get_referents(each.holder))
        assert snapshot.counted_targets(id(each.holder)) == reported
        assert flags[snapshot.index[id(each.holder)]] & ObjectFlag.COLLECTABLE


def test_the_whole_process_refers_as_the_collector_says(captured: Capture) -> None:
    """All that was there before, but for the few objects that the capture itself changes."""
    captured()  # the first one also imports what it needs, and so changes caches
    # Of 3.12's _asyncio it would be told of free objects, and would free them once more.
    left_out = sys.modules.get("_asyncio") if sys.version_info[:2] == (3, 12) else None
    before = [each for each in gc.get_objects() if not isinstance(each, types.FrameType) and each is not left_out]
    expected = {id(each): Counter(id(target) for target in gc.get_referents(each)) for each in before}

    snapshot = captured()

    different = [each for each in before if reported(snapshot, each) != expected[id(each)]]
    for each in different:
        assert type(each) in {list, dict, types.CellType, collections.deque} or isinstance(each, types.FrameType)
    assert len(different) < 20
    assert len(before) > 10_000


def reported(snapshot: Plain, source: object) -> Counter[int]:
    """What the source tells the collector. A generator tells of references that it borrows, too: they do not count."""
    if isinstance(source, types.GeneratorType | types.CoroutineType | types.AsyncGeneratorType):
        return Counter(each.target for each in snapshot.references(id(source)))
    return snapshot.counted_targets(id(source))


def test_what_suspended_generators_hold_adds_up_to_the_reference_count(captured: Capture) -> None:
    """From 3.14 on an evaluation stack may borrow what a variable holds."""

    def generate() -> Any:
        target = Node()
        yield id(target)
        print(target, target, (yield))

    generators = [generate() for _ in range(2)]
    targets = [next(each) for each in generators]
    for each in generators:
        next(each)

    snapshot = captured()

    for generator, target in zip(generators, targets, strict=True):
        references = [each for each in snapshot.references(id(generator)) if each.target == target]
        assert Counter(each.kind for each in references) == {LabelKind.LOCAL: 1, LabelKind.STACK: 2}
        assert sum(each.counted for each in references) == snapshot.fact(target, "refcount")


def test_sizes_of_what_has_a_frame_within_it(captured: Capture) -> None:
    def generate(first: object, *, second: object = None) -> Any:
        yield first, second

    async def coroutine() -> None:
        """Nothing."""

    async def generate_later() -> Any:
        yield 1

    def finished() -> types.FrameType | None:
        return inspect.currentframe()

    started, ended, waiting = generate(1), generate(2), coroutine()
    next(started)
    assert len(list(ended)) == 1
    each_kind = [started, ended, generate(3), waiting, generate_later(), finished(), inspect.currentframe()]
    noted = [weakref.ref(each) for each in each_kind[:5]]  # a field of theirs lies where others have their length

    snapshot = captured()
    waiting.close()

    for each in each_kind:
        assert snapshot.fact(id(each), "size") == sys.getsizeof(each), each
    assert len(noted) == 5


def test_reference_counts_sizes_and_types(captured: Capture) -> None:
    objects: list[Any] = [
        Node(),
        Slotted(),
        [1, 2, 3],
        (1, 2),
        {"a": 1},
        dict.fromkeys(range(1000)),
        set(range(100)),
        "a text",  # not "text": that one is everyone's, and what a capture imports refers to it too
        "täxt",
        "\U0001f600",
        b"bytes",
        bytearray(b"bytes"),
        bytearray(),
        10**50,
        -5000,
        1.5,
        print,
        build,
        types.ModuleType("m"),
    ]
    [besides] = [sys.getrefcount(each) - 1 for each in [Node()]]  # by this very line: the list holds one
    counts = [sys.getrefcount(each) for each in objects]

    snapshot = captured()

    for each, count in zip(objects, counts, strict=True):
        if id(each) in snapshot.index:
            counted = snapshot.fact(id(each), "refcount")
            assert counted == count - besides or counted == SATURATED
            assert snapshot.fact(id(each), "size") == sys.getsizeof(each), each
    assert sum(id(each) in snapshot.index for each in objects) == len(objects)


def test_frozen_objects_are_in_the_snapshot_and_said_to_be(captured: Capture) -> None:
    node = Node()
    gc.freeze()
    try:
        snapshot = captured()
    finally:
        gc.unfreeze()

    assert snapshot.fact(id(node), "flags") & ObjectFlag.FROZEN


def test_a_capture_from_inside_a_collection_says_so(captured: Capture) -> None:
    snapshots: list[Plain] = []

    class Dying:
        def __del__(self) -> None:
            snapshots.append(captured())

    dying = Dying()
    dying.cycle = dying  # type: ignore[attr-defined]
    del dying
    gc.collect()

    [snapshot] = snapshots
    assert snapshot.header["gc"]["collecting"] is True
