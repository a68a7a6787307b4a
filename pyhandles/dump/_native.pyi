"""The native collector: walks the heap from C, in a child that the service does not notice."""

from typing import Literal

def configure(
    path: str,
    package: str,
    executable: str,
    directory: str,
    keys: Literal["all", "names", "none"],
    redact: bool,
    quiet: bool,
    no_fork: bool,
    /,
) -> None:
    """Set what all captures share.

    path: absolute; ``{pid}`` and ``{trigger}`` in it are filled in by each capture.
    package: the version of pyhandles. directory: the current one at the start.
    no_fork: capture in the process itself, which stands still meanwhile, and not in a child.
    """

def arm(cooldown: float, maximum: int, /) -> None:
    """Let triggers capture, once in ``cooldown`` seconds and ``maximum`` times in all. Counts from nothing again.

    Notes what is open now, so that a snapshot can tell what was inherited.
    """

def watch_errno(number: int, name: str, /) -> None:
    """Set the tripwire: a call of C that fails with this errno fires the trigger of this name.

    Raises: ValueError where no error has this number.
    """

def watch_number(count: int, name: str, /) -> None:
    """Fire the trigger of this name each time that so many descriptors are open. One number at a time.

    Raises: OSError where no thread can be made that looks.
    """

def fire(name: str, /) -> None:
    """A trigger's cause has happened: begin a capture, unless none is due, and return at once. Never raises."""

def disarm() -> None:
    """Take the tripwire away and stop looking."""

def capture(path: str, trigger: str, /) -> tuple[str | None, str]:
    """Capture now, whatever the cooldown; waits without the GIL.

    Returns: the path of the snapshot, or None where there is none, and what there is to say, as lines.
    Raises: OSError where neither a child nor a thread can be made.
    """

def wait(seconds: float, /) -> bool:
    """Wait for the captures that triggers have begun, ``seconds`` at most. False if one is still under way."""

def tell(text: str, /) -> None:
    """Print to stderr, if it is still what it was at ``configure``, and somebody reads it."""

def fired() -> int:
    """How many captures triggers have begun since ``arm``."""
