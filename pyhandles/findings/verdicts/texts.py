"""A verdict's evidence in one sentence, without a full stop at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyhandles.findings.verdicts.exceptions import HeldByException
from pyhandles.findings.verdicts.frames import HeldByFrame
from pyhandles.findings.verdicts.garbage import Garbage
from pyhandles.findings.verdicts.loops import HeldByLoop
from pyhandles.findings.verdicts.owners import Closing, KeptOpen, Shared, Stale
from pyhandles.findings.verdicts.rooted import HeldNatively, Rooted
from pyhandles.findings.verdicts.unowned import Inherited, Raw, Standard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyhandles.findings.verdicts.collector import Wait

Evidence = (
    Shared
    | Stale
    | Closing
    | KeptOpen
    | Garbage
    | HeldByException
    | HeldByLoop
    | HeldByFrame
    | Rooted
    | Raw
    | Inherited
    | Standard
    | HeldNatively
)


def text_of(evidence: Evidence) -> str:
    return _TEXTS[type(evidence)](evidence)


def _shared(evidence: Shared) -> str:
    owners = zip(evidence.owners, evidence.holders, strict=True)
    listed = ", ".join(
        f"{owner.type} at {owner.address:#x}" + (f" ({holder})" if holder else "") for owner, holder in owners
    )
    count = len(evidence.owners)
    return f"{count} objects own it: {listed}; when one closes it, the others use what comes next at its number"


def _stale(evidence: Stale) -> str:
    now = "is closed" if evidence.now is None else f"is a {evidence.now} by now"
    return f"it believes to own descriptor {evidence.fd}, which {now}"


def _closing(evidence: Closing) -> str:
    if not evidence.files:
        return "close() was called, but the descriptor is still open"
    files = "1 makefile() object" if evidence.files == 1 else f"{evidence.files} makefile() objects"
    held = ", ".join(f"{file.object.text}" + (f" in {file.holder}" if file.holder else "") for file in evidence.objects)
    return f"close() was called, and waits for {files} to be closed, too" + (f": {held}" if held else "")


def _garbage(evidence: Garbage) -> str:
    through = f" through {evidence.exception.text}" if evidence.exception else ""
    reason = f"only a cycle{through} keeps it: {_arrows(evidence.loop)}" if evidence.loop else "no root reaches it"
    return f"{reason}; {wait_text(evidence.collector)}"


def wait_text(wait: Wait) -> str:
    """The end of a sentence on a garbage object: ``the garbage collector is disabled, so nothing frees it``."""
    if wait.reason == "disabled":
        return "the garbage collector is disabled, so nothing frees it"
    if wait.reason == "frozen":
        return "it is frozen (gc.freeze), so the garbage collector passes it by"
    times = wait.collections
    ran = "has not run yet" if not times else f"ran {times:,} times, but not since it became garbage"
    return f"the garbage collector is enabled, but in generation {wait.generation}, where it waits, {ran}"


def _exception(evidence: HeldByException) -> str:
    exception, variable = evidence.exception, evidence.variable
    noun = "exception" if exception else "traceback"
    name = exception.text if exception else "a traceback"
    if variable:
        name = f"{variable}, in the traceback of {name}" if exception else f"{variable}, in a traceback"
    link = {"exceptions": "one"}.get(evidence.link or "", f"the {evidence.link}")
    chained = f", {link} of {evidence.outer.text}" if evidence.outer else ""
    raised = f", raised in {evidence.raised_at}" if evidence.raised_at else ""
    if evidence.kept_by is None:
        return f"held by {name}{chained}{raised}; a thread is handling it: it goes when the except block ends"
    rest = ", or its __traceback__" if variable and exception else ""
    return f"held by {name}{chained}{raised}; {evidence.kept_by} keeps it: drop that {noun}{rest}"


def _loop(evidence: HeldByLoop) -> str:
    thread = f" in thread {evidence.thread}" if evidence.thread else ""
    return f"only the event loop{thread} keeps it, for {evidence.user}: it stays until one side closes it"


def _frame(evidence: HeldByFrame) -> str:
    if not evidence.path:
        return _itself(evidence.root)
    thread_is = f"; the thread is in {evidence.innermost}" if evidence.innermost else ""
    return f"{_held(evidence.path)}{thread_is}"


def _rooted(evidence: Rooted) -> str:
    if not evidence.path:
        return _itself(evidence.root)
    is_saved = evidence.root.startswith("gc.garbage ")
    saved = "; the garbage collector put it there and never frees it: clear gc.garbage" if is_saved else ""
    return f"{_held(evidence.path)}{saved}"


def _raw(evidence: Raw) -> str:
    path = _arrows(evidence.path)
    return f"no object owns it; the likely holder is {evidence.holder}, which has its number: {path}"


def _inherited(_: Inherited) -> str:
    return "no object owns it; it was open when pyhandles was installed"


def _standard(evidence: Standard) -> str:
    return f"it is {evidence.name}, as at the start"


def _native(evidence: HeldNatively) -> str:
    count = evidence.references
    many = "1 reference" if count == 1 else f"{count:,} references"
    if evidence.reason == "references":
        return f"held by native code: {many} to it {'is' if count == 1 else 'are'} from no object in the snapshot"
    if not evidence.path:
        return _NATIVE[evidence.reason]
    beginning, *path = evidence.path
    return _held([f"{beginning} ({many} from no object in the snapshot)" if count else beginning, *path])


_NATIVE = {
    "unowned": "no object in the snapshot owns it: native code opened it, or Python code that keeps only its number",
    "immortal": "it is never freed",
    "collecting": "no root reaches it, but the snapshot was made during a collection, which may be freeing it",
}


def _itself(root: str) -> str:
    return f"it is a root: {root}"


def _held(path: Sequence[str]) -> str:
    return f"held by {_arrows(path)}"


def _arrows(texts: Sequence[str]) -> str:
    return " → ".join(texts)


_TEXTS: dict[type, Callable[[Any], str]] = {
    Shared: _shared,
    Stale: _stale,
    Closing: _closing,
    KeptOpen: lambda evidence: evidence.text,
    Garbage: _garbage,
    HeldByException: _exception,
    HeldByLoop: _loop,
    HeldByFrame: _frame,
    Rooted: _rooted,
    Raw: _raw,
    Inherited: _inherited,
    Standard: _standard,
    HeldNatively: _native,
}
