"""The native collector: walks the heap from C, in a child that the service does not notice."""

from typing import Any, Literal, NoReturn, TypeAlias, TypeVar, overload

_Row = TypeVar("_Row", bound=tuple[Any, ...])

Site: TypeAlias = tuple[str | None, str | None, int, int]
"""File, qualified name of the function, line, flags (``pyhandles.format.SiteFlag``)."""

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

def note_census(names: list[str], counts: list[int], /) -> None:
    """Keep how many objects of each type there are now: each snapshot has it as its table "census". Empty: forget."""

def watch_errno(number: int, name: str, /) -> None:
    """Set the tripwire: a call of C that fails with this errno fires the trigger of this name.

    That is, whenever Python makes an OSError of it; while recording, also where none follows: then a native thread
    fires it, 50 ms later.
    Where bind, connect or listen can fail so, hooks are put before these three, and the snapshot has their address.
    For ENFILE a file is kept open in the directory of the snapshots: when it happens, no other could be opened.
    Raises: ValueError where no error has this number, OSError where no file can be made.
    """

def watch_number(count: int, name: str, /) -> None:
    """Fire the trigger of this name each time that so many descriptors are open. Several numbers are watched at once.

    Raises: OSError where no thread can be made that looks, ValueError for the seventeenth number.
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
    """Wait for the captures that triggers have begun, ``seconds`` at most. False if one is still under way.

    A call that has failed just now is waited for until it has fired its trigger, or has turned out to be no cause.
    """

def tell(text: str, /) -> None:
    """Print to stderr, if it is still what it was at ``configure``, and somebody reads it."""

def fired() -> int:
    """How many captures triggers have begun since ``arm``."""

def record(depth: int, misuse: Literal["report", "raise", "off"], standard: str, packages: list[str], /) -> None:
    """Begin to record what is done to descriptors, from nothing again.

    depth: frames kept of each stack, 1 to 64. standard: the standard library's directory; packages: those of installed
    packages, which may lie in it and are none of it.
    Raises: RuntimeError while recording, ValueError for other values, OSError where the memory cannot be had, or with
    ENOTSUP on a machine whose objects it cannot read.
    """

def unrecord() -> None:
    """Stop, and put back what was put in front of the C library's functions. What was recorded stays."""

@overload
def counters() -> list[tuple[str, str | None, bool, int, int, float, dict[int, int]]]: ...
@overload
def counters(type: type[_Row], /) -> list[_Row]:
    """Call, site, in forked children?, count, errors, seconds, and errors by errno (0: those of no room).

    A call's name is one of ``hooked()``. A site is ``file:line in function``, a library's file, or None for those that
    found no room. type: of the rows, where they are to be named tuples.
    """

def settle() -> None:
    """Decide what is only suspected of being misuse: the process ends."""

def hooked() -> set[str]:
    """The names of the calls that are recorded, without what the C library adds to tell variants of one apart."""

def widen(call: str, site: str, nanoseconds: int, /) -> None:
    """Wait so long before each call of this name at this site; 0: no longer. ``record`` begins without any delay.

    call: one of ``hooked()``, for all its variants. site: the end of a file's name, a colon, and a function or a line.
    Raises: ValueError where either is wrong, or where there are sixteen delays already.
    """

def sums() -> tuple[int, int, int, int]:
    """Calls that made descriptors, that closed some, that reconnected and that failed with EMFILE.

    Those of forked children are left out. A reconnect: an opening by the same call, of the same file or address, at the
    same site as a close of the last minute.
    """

def become(file: str | None, module: str | None, code: str | None, argv: list[str], /) -> NoReturn:
    """Have the interpreter start over with the one program that is not None, and end the process as that ends.

    The caller's frames are no longer beneath the program's, and never go on. ``sys.argv`` and ``__main__`` have to be
    the program's already.
    """

def where() -> tuple[list[Site | None], Site | None, int, int | None, int, int]:
    """Where the calling thread is, as the recorder sees it: to look at that.

    Returns: the frames, innermost first; the one to tell of; the thread's number; the stack's number; how many stacks
    and how many sites are known by now.
    Raises: RuntimeError before the first ``record``.
    """

def holding(fd: int, /) -> tuple[Literal["nothing", "number", "owner"], int, int, int]:
    """What the variables of the caller's frame hold of a descriptor, as the recorder sees it: to look at that.

    Returns: that; the addresses of the frame and of its code; which instruction of the code it is at.
    Raises: RuntimeError before the first ``record``.
    """
