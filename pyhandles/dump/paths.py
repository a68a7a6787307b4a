"""Where snapshots go."""

from __future__ import annotations

import os
import sys

from pyhandles.errors import PyhandlesError

DEFAULT_PATH = "{name}-{pid}-{trigger}.pkl"


def current_directory() -> str:
    """For the snapshot to tell; it may be there no longer."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def absolute(path: str | os.PathLike[str] | None) -> str:
    """A path whose ``{name}`` is filled in; ``{pid}`` and ``{trigger}`` are when a capture is made."""
    try:
        return os.path.abspath(template_for(path).replace("{name}", _program_name()))
    except OSError as error:
        raise PyhandlesError(f"the current directory: {error.strerror}", hint="give an absolute path") from None


def template_for(path: str | os.PathLike[str] | None) -> str:
    """Where snapshots go; in a directory, and where nothing is asked for, by their usual names."""
    template = DEFAULT_PATH if path is None else os.fspath(path)
    # By a call that raises nothing: there may be hardly any stack to catch it on.
    is_directory = os.access(os.path.join(template, ""), os.F_OK)
    return os.path.join(template, DEFAULT_PATH) if is_directory else template


def _program_name() -> str:
    script = sys.argv[0] if sys.argv else ""
    name, _ = os.path.splitext(os.path.basename(script))
    return name if name not in {"", "-c", "-m"} else "python"
