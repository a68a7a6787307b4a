"""A capture from its beginning to its end, in the child."""

from __future__ import annotations

import resource
import time
from array import array
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
from pyhandles.dump.portable.plans import Plans
from pyhandles.dump.portable.request import Report, Request
from pyhandles.dump.portable.roles import Roles
from pyhandles.dump.portable.roots import roots
from pyhandles.dump.portable.rows import Rows
from pyhandles.dump.portable.sizes import sizes
from pyhandles.dump.portable.strings import Strings
from pyhandles.dump.portable.walk import Heap, Tracked, add_tracked, forgive_own, read_objects, reference_counts
from pyhandles.dump.writer import write_snapshot
from pyhandles.format import LABEL_KIND_SHIFT, LABEL_VALUE_MASK, SATURATED, LabelKind, ObjectFlag, RootKind

if TYPE_CHECKING:
    from pyhandles.dump.portable.layout import Layout

_NAMING = (LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.VALUE_NAME, LabelKind.LOCAL, LabelKind.GLOBAL)
_HINTS = ("fd", "fileno", "handle", "sock", "pipe", "descriptor", "epoll", "file")


def capture(request: Request, layout: Layout | None, *, is_collector_enabled: bool) -> Report:
    """Write a snapshot of this process, and say what came of it. Leaves the process fit for nothing but its end.

    Raises: OSError where the file cannot be made or written.
    """
    started = time.monotonic()
    tracked = Tracked()
    descriptors = describe_all(request.at_start)
    # Before anything that takes time: what the service closes must really close.
    close_all(descriptors)
    kernel.lower_priority()
    strings, rows = Strings(), Rows()
    reader = FrameReader(strings, layout)
    heap = _walk(tracked, reader, strings, rows)
    # Nothing else may hold a reference to the objects while they are counted.
    tracked.release()
    _tell_objects(heap, rows)
    _tell_references(heap, request, reader, strings, rows)
    Facts(heap, strings, rows, redact=request.settings.redact).gather()
    for each in descriptors:
        _tell_descriptor(each, strings, rows)
    ends, text = strings.columns()
    rows.set("strings", end=ends)
    rows.set("text", utf8=text)
    is_collecting = any(flags & ObjectFlag.COLLECTING for flags in heap.flags)
    seconds = time.monotonic() - started
    fields = header(request, descriptors, seconds, is_enabled=is_collector_enabled, is_collecting=is_collecting)
    path = _write(request, fields, rows)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Report(
        path, "", len(descriptors), soft, largest_group(descriptors), len(heap.objects), time.monotonic() - started
    )


def _walk(tracked: Tracked, reader: FrameReader, strings: Strings, rows: Rows) -> Heap:
    heap = Heap()
    found, running = threads()
    for thread in found:
        rows.add("threads", **thread._asdict() | {"name": strings.add(thread.name)})
    for each in running:
        index = heap.add(each.frame)
        heap.flags[index] |= ObjectFlag.FRAME
        rows.add("roots", object=index, kind=RootKind.FRAME, name=strings.add(None))
    for root, kind, name in roots():
        rows.add("roots", object=heap.add(root), kind=kind, name=strings.add(name))
    add_tracked(heap, tracked)
    read_objects(heap, [each.frame for each in running], reader)
    forgive_own(heap)
    for each in running:
        row = running_row(each)
        indices = {"object": heap.index[id(row.object)], "code": heap.index[id(row.code)]}
        rows.add("frames", **row._asdict() | indices)
    return heap


def _tell_objects(heap: Heap, rows: Rows) -> None:
    counts = reference_counts(heap.objects)
    flags = array("H", heap.flags)
    for index, count in enumerate(counts):
        if count == SATURATED:
            flags[index] |= ObjectFlag.IMMORTAL
    rows.set(
        "objects",
        address=array("Q", map(id, heap.objects)),
        type=array("I", (heap.index[id(type(each))] for each in heap.objects)),
        size=sizes(heap.objects),
        refcount=counts,
        flags=flags,
        end=heap.ends,
    )


def _tell_references(heap: Heap, request: Request, reader: FrameReader, strings: Strings, rows: Rows) -> None:
    settings = request.settings
    keys = Keys(strings, settings.keys, request.secret, redact=settings.redact)
    roles, plans = Roles(), Plans(strings)
    roles.learn(heap.objects, plans)
    labels = label_references(heap, Context(strings, keys, roles, reader), plans)
    rows.set("references", target=heap.targets, label=labels)
    _tell_numbers(heap, labels, strings, rows)


def _tell_numbers(heap: Heap, labels: array[int], strings: Strings, rows: Rows) -> None:
    """Small integers in places named like a descriptor."""
    named = strings.numbers_of(_HINTS)
    numbers = {index: each for index, each in enumerate(heap.objects) if type(each) is int and 0 <= each < 1 << 31}
    source = 0
    for row, (target, label) in enumerate(zip(heap.targets, labels, strict=True)):
        if target in numbers and label >> LABEL_KIND_SHIFT in _NAMING and label & LABEL_VALUE_MASK in named:
            while heap.ends[source] <= row:
                source += 1
            rows.add("numbers", object=source, label=label, value=numbers[target])


def _tell_descriptor(descriptor: Descriptor, strings: Strings, rows: Rows) -> None:
    texts = {name: strings.add(getattr(descriptor, name)) for name in ("link", "local", "peer")}
    rows.add("descriptors", **descriptor._asdict() | texts)


def _write(request: Request, fields: dict[str, object], rows: Rows) -> str:
    output = Output(expand(request.path, request.pid, request.trigger), request.pid)
    try:
        write_snapshot(cast("Any", output), fields, rows.tables())
        return output.publish()
    except BaseException:
        output.discard()
        raise
