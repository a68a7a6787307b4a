"""The fields of a snapshot beside its tables; see `pyhandles.format`."""

from __future__ import annotations

import errno
import gc
import resource
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhandles.dump.portable.descriptors import Descriptor
    from pyhandles.dump.portable.redact import Redaction
    from pyhandles.dump.portable.request import Request


def header(
    request: Request,
    redaction: Redaction | None,
    descriptors: list[Descriptor],
    seconds: float,
    mode: str,
    *,
    is_enabled: bool,
    is_collecting: bool,
) -> dict[str, object]:
    settings = request.settings
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    arguments = [str(each) for each in getattr(sys, "argv", ()) if type(each) is str]
    return {
        "writer": "portable",
        "pyhandles": settings.package,
        "time": time.time(),
        "trigger": request.trigger,
        "errno": request.error,
        "process": {
            "pid": request.pid,
            "ppid": request.parent,
            "argv": [] if settings.redact else arguments,
            "executable": settings.executable,
            "cwd": redaction.path(settings.directory) if redaction else settings.directory,
        },
        "python": {
            "version": settings.python,
            "hexversion": sys.hexversion,
            "implementation": sys.implementation.name,
            "platform": settings.platform,
            "machine": settings.machine,
        },
        "limits": {
            "open": len(descriptors),
            "soft": _or_minus_one(soft),
            "hard": _or_minus_one(hard),
            "met": limit_met(request.error, descriptors, soft),
        },
        "gc": {
            "enabled": is_enabled,
            "collecting": is_collecting,
            "thresholds": list(gc.get_threshold()),
            "counts": list(gc.get_count()),
            "collections": [each["collections"] for each in gc.get_stats()],
            "garbage": len(gc.garbage),
        },
        "options": {"keys": settings.keys, "redact": settings.redact},
        "recorder": None,
        "kernel": None,
        "failed_call": None,
        "capture": {"mode": mode, "unreadable": 0, "seconds": seconds},
    }


def limit_met(error: int | None, descriptors: list[Descriptor], soft: int) -> str | None:
    """Not every EMFILE is the process's own limit: inotify instances have one for each user."""
    if error == errno.ENFILE:
        return "open files of the whole system (fs.file-max)"
    if error != errno.EMFILE:
        return None
    if soft != resource.RLIM_INFINITY and len(descriptors) >= soft:
        return "descriptors of the process (RLIMIT_NOFILE)"
    if any(each.link == "anon_inode:inotify" for each in descriptors):
        return "not the process's own, likely inotify instances of the user (fs.inotify.max_user_instances)"
    return "not the process's own: another that answers EMFILE, such as inotify's or the user's"


def _or_minus_one(limit: int) -> int:
    return -1 if limit == resource.RLIM_INFINITY else limit
