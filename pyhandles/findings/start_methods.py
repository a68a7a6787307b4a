"""How `multiprocessing` starts its children: the method that the program has chosen, or Python's default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyhandles.format import LabelKind

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

StartMethod = Literal["fork", "forkserver", "spawn"]

_CHOOSER = "multiprocessing.context.DefaultContext"
_CONTEXTS: dict[str, StartMethod] = {
    "multiprocessing.context.ForkContext": "fork",
    "multiprocessing.context.ForkServerContext": "forkserver",
    "multiprocessing.context.SpawnContext": "spawn",
}
_FORKSERVER_SINCE = 0x030E0000
"""3.14; before, it was ``fork`` wherever there is one, but on macOS."""
_SYSTEMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The start method that is used where none is asked for. text: why it is this one."""

    method: StartMethod
    text: str


def chosen_start_method(snapshot: Snapshot) -> Chosen:
    """What `multiprocessing` itself says, where it was imported; else what this Python would take."""
    fields = _fields_of_chooser(snapshot)
    if (chosen := fields.get("_actual_context")) is not None:
        return Chosen(chosen, "as this program does")
    python = snapshot.header.python
    default = _default(python["hexversion"], python["platform"])
    version = ".".join(python["version"].split()[0].split(".")[:2])
    system = _SYSTEMS.get(python["platform"], python["platform"])
    return Chosen(fields.get("_default_context", default), f"the default of Python {version} on {system}")


def _default(hexversion: int, platform: str) -> StartMethod:
    if platform in {"darwin", "win32"}:
        return "spawn"
    return "forkserver" if hexversion >= _FORKSERVER_SINCE else "fork"


def _fields_of_chooser(snapshot: Snapshot) -> dict[str, StartMethod]:
    """The contexts that multiprocessing's own chooser refers to, by attribute; one that is not set is left out."""
    found: dict[str, StartMethod] = {}
    for index in snapshot.objects_of(_CHOOSER).tolist():
        for source in (index, *_namespaces(snapshot, index)):
            for row in snapshot.rows_of(source):
                method = _CONTEXTS.get(snapshot.type_name(int(snapshot.targets[row])))
                label = snapshot.label(row)
                if method and label.kind == LabelKind.ATTRIBUTE:
                    found[label.name] = method
    return found


def _namespaces(snapshot: Snapshot, index: int) -> list[int]:
    labels = ((snapshot.label(row), int(snapshot.targets[row])) for row in snapshot.rows_of(index))
    return [target for label, target in labels if label.kind == LabelKind.MEMBER and label.name == "__dict__"]
