"""The fields of `trace` in JSON and CSV; `pyhandles.render.documents` has those of all else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyhandles.findings.trace import Trace, TracedCall


def trace_document(trace: Trace) -> dict[str, Any]:
    return {
        "rows": [traced_call_document(call) for call in trace.rows],
        "total": trace.total,
        "kept": trace.kept,
        "recorded": trace.recorded,
        "since": _seconds(trace.since),
        "complete_since": _seconds(trace.complete_since),
    }


def traced_call_document(call: TracedCall) -> dict[str, Any]:
    return {
        "time": _seconds(call.time),
        "thread": call.thread,
        "call": call.call,
        "fd": call.fd,
        "arguments": call.arguments,
        "result": call.result,
        "errno": call.errno,
        "seconds": _seconds(call.nanoseconds),
        "site": call.site,
        "outcome": call.outcome,
        "native": call.native,
        "sequence": call.sequence,
        "between": call.between,
        "misuse": call.misuse.kind if call.misuse else None,
        "notes": [*call.notes, *(call.misuse.texts if call.misuse else ())],
        "stack": None if call.stack is None else list(call.stack),
    }


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 10**9
