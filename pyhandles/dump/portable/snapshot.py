"""A capture from its beginning to its end, in the child."""

from __future__ import annotations

import _thread
import bisect
import itertools
import resource
import sys
import time
from array import array
from types import CellType
from typing import TYPE_CHECKING, Any, cast

from pyhandles.dump.portable import kernel
from pyhandles.dump.portable.descriptors import Descriptor, close_all, describe_all
from pyhandles.dump.portable.facts import Facts
from pyhandles.dump.portable.families import Context
from pyhandles.dump.portable.frames import FrameReader, running_row, threads
from pyhandles.dump.portable.groups import largest_group
from pyhandles.dump.portable.header import header
from pyhandles.dump.portable.keys import Keys
from pyhandles.dump.portable.labels import label_references
from pyhandles.dump.portable.output import Output, expand
from pyhandles.dump.portable.plans import plans_of
from pyhandles.dump.portable.redact import Redaction
from pyhandles.dump.portable.request import Report, Request
from pyhandles.dump.portable.roles import Roles
from pyhandles.dump.portable.roots import roots
from pyhandles.dump.portable.rows import Rows
from pyhandles.dump.portable.sizes import sizes
from pyhandles.dump.portable.stages import stage
from pyhandles.dump.portable.strings import Strings
from pyhandles.dump.portable.walk import Heap, Tracked, add_tracked, forgive_own, read_objects, reference_counts
from pyhandles.dump.writer import write_snapshot
from pyhandles.format import LABEL_KIND_SHIFT, LABEL_VALUE_MASK, NOTHING, SATURATED, LabelKind, ObjectFlag, RootKind

if TYPE_CHECKING:
    from pyhandles.dump.portable.layout import Layout
    from pyhandles.dump.portable.place import Place

_NAMING = {
    each.value
    for each in (LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.VALUE_NAME, LabelKind.LOCAL, LabelKind.GLOBAL)
}
_COLLECTING, _IMMORTAL = ObjectFlag.COLLECTING.value, ObjectFlag.IMMORTAL.value
_NAMING_CONTAINERS = {*_NAMING, LabelKind.CLOSURE.value}
_ITEMS = {
    each.value
    for each in (
        LabelKind.ITEM,
        LabelKind.SET_ITEM,
        LabelKind.VALUE_NAME,
        LabelKind.VALUE_INT,
        LabelKind.VALUE_HASH,
        LabelKind.VALUE_TYPE,
        LabelKind.MEMBER,
    )
}
_HINTS = (
    b"fd",
    b"fileno",
    b"handle",
    b"sock",
    b"pipe",
    b"descriptor",
    b"epoll",
    b"file",
    b"conn",
    b"device",
    b"inotify",
    b"kqueue",
    b"listener",
    b"master",
    b"pty",
    b"reader",
    b"slave",
    b"sentinel",
    b"tty",
    b"writer",
)
_CONTAINERS = (list, tuple, dict, set, frozenset, CellType)


def capture(request: Request, layout: Layout | None, place: Place, *, is_collector_enabled: bool) -> Report:
    """Write a snapshot of this process, and say what came of it. A disposable process may then do nothing but end.

    Raises: Failed where the system refuses something.
    """
    started = time.monotonic()
    tracked = Tracked(may_unfreeze=place.is_disposable)
    with stage("could not list the descriptors"):
        descriptors = describe_all(request.at_start, own_table=place.own_table)
    if place.own_table:
        # Before anything that takes time: what the service closes must really close.
        close_all(descriptors)
    if place.is_disposable:
        kernel.lower_priority()
    with stage("could not walk the heap"):
        strings, rows = Strings(), Rows()
        redaction = Redaction(request.secret) if request.settings.redact else None
        # Where other threads may run all the same, what they keep in their frames' memory may go while it is read.
        is_safe = place.is_disposable or set(sys._current_frames()) <= {request.thread, _thread.get_ident()}  # noqa: SLF001
        reader = FrameReader(strings, layout if is_safe else None)
        heap = _walk(tracked, request.thread, reader, strings, rows)
        # Nothing else may hold a reference to the objects while they are counted.
        tracked.release()
        _tell_objects(heap, rows)
        _tell_references(heap, request, {each.fd for each in descriptors}, reader, strings, rows)
        Facts(heap, strings, rows, redact=request.settings.redact).gather()
        for each in descriptors:
            _tell_descriptor(redaction.descriptor(each) if redaction else each, strings, rows)
        for name, count in request.census.items():
            rows.add("census", type=strings.add(name), count=min(count, SATURATED))
        ends, text = strings.columns()
        rows.set("strings", end=ends)
        rows.set("text", utf8=text)
        is_collecting = any(map(_COLLECTING.__and__, heap.flags))
        seconds = time.monotonic() - started
        fields = header(
            request,
            redaction,
            descriptors,
            seconds,
            place.mode,
            is_enabled=is_collector_enabled,
            is_collecting=is_collecting,
        )
    path = _write(request, fields, rows)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    group = largest_group(descriptors)
    seconds = time.monotonic() - started
    return Report(path, "", len(descriptors), soft, group, len(heap.objects), seconds, place.mode)


def _walk(tracked: Tracked, capturing: int, reader: FrameReader, strings: Strings, rows: Rows) -> Heap:
    heap = Heap()
    found, running = threads(capturing)
    for thread in found:
        rows.add("threads", **thread._asdict() | {"name": strings.add(thread.name)})
    for each in running:
        index = heap.add(each.frame)
        heap.flags[index] |= ObjectFlag.FRAME
        rows.add("roots", object=index, kind=RootKind.FRAME, name=strings.add(None))
    for root, kind, name in roots():
        rows.add("roots", object=heap.add(root), kind=kind, name=strings.add(name))
    add_tracked(heap, tracked)
    read_objects(heap, [each.frame for each in running], reader, tracked.hidden)
    forgive_own(heap)
    for each in running:
        row = running_row(each)
        indices = {"object": heap.index[id(row.object)], "code": heap.index[id(row.code)]}
        rows.add("frames", **row._asdict() | indices)
    return heap


def _tell_objects(heap: Heap, rows: Rows) -> None:
    counts = reference_counts(heap.objects)
    for index, count in enumerate(counts):
        if count == SATURATED:
            heap.flags[index] |= _IMMORTAL
    rows.set(
        "objects",
        address=array("Q", map(id, heap.objects)),
        type=heap.kinds,
        size=sizes(heap),
        refcount=counts,
        flags=heap.flags,
        end=heap.ends,
    )


def _tell_references(  # noqa: PLR0917
    heap: Heap, request: Request, fds: set[int], reader: FrameReader, strings: Strings, rows: Rows
) -> None:
    settings = request.settings
    keys = Keys(strings, settings.keys, request.secret, redact=settings.redact)
    roles, plans = Roles(), plans_of(heap, strings)
    roles.learn(heap, plans)
    labels = label_references(heap, Context(strings, keys, roles, reader), plans)
    rows.set("references", target=heap.targets, label=labels)
    _tell_numbers(heap, labels, fds, strings, rows)


def _tell_numbers(heap: Heap, labels: array[int], fds: set[int], strings: Strings, rows: Rows) -> None:
    """Numbers of descriptors in places named like one, and in containers there.

    No other number is told: it would be contents.
    """
    named = strings.numbers_of(_HINTS)
    kind = heap.index.get(id(int), NOTHING)
    places = itertools.compress(range(len(heap.objects)), map(kind.__eq__, heap.kinds))
    numbers = {place: heap.objects[place] for place in places if heap.objects[place] in fds}
    within: list[tuple[int, int]] = []
    for row in itertools.compress(range(len(heap.targets)), map(numbers.__contains__, heap.targets)):
        label = labels[row]
        of_kind = label >> LABEL_KIND_SHIFT
        source = bisect.bisect_right(heap.ends, row)
        if of_kind in _NAMING and label & LABEL_VALUE_MASK in named:
            rows.add("numbers", object=source, label=label, value=numbers[heap.targets[row]])
        elif of_kind in _ITEMS and type(heap.objects[source]) in _CONTAINERS:
            within.append((source, row))
    containers = {source for source, _ in within}
    said = {
        heap.targets[row]
        for row in itertools.compress(range(len(heap.targets)), map(containers.__contains__, heap.targets))
        if labels[row] >> LABEL_KIND_SHIFT in _NAMING_CONTAINERS and labels[row] & LABEL_VALUE_MASK in named
    }
    for source, row in within:
        if source in said:
            rows.add("numbers", object=source, label=labels[row], value=numbers[heap.targets[row]])


def _tell_descriptor(descriptor: Descriptor, strings: Strings, rows: Rows) -> None:
    texts = {name: strings.add(getattr(descriptor, name)) for name in ("link", "local", "peer")}
    rows.add("descriptors", **descriptor._asdict() | texts)


def _write(request: Request, fields: dict[str, object], rows: Rows) -> str:
    path = expand(request.path, request.pid, request.trigger)
    with stage("could not make the output file", path):
        output = Output(path, request.pid)
    try:
        with stage("could not write the snapshot", path):
            write_snapshot(cast("Any", output), fields, rows.tables())
        with stage("could not give the snapshot its name", path):
            return output.publish()
    except BaseException:
        output.discard()
        raise
