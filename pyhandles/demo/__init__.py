"""`pyhandles demo`: a program that leaks sockets until it dies, its snapshot, and the shell over that.

The program is `leaky_http_client.py` beside this file, which is also the first of the project's examples.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from pyhandles.errors import PyhandlesError
from pyhandles.findings.handles import handles
from pyhandles.shell.main import run_shell
from pyhandles.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

STORY = Path(__file__).with_name("leaky_http_client.py")
LIMIT = 64


def main(argv: Sequence[str] = ()) -> int:
    """Tell the story; on a terminal, leave the user in the shell. Returns the exit status."""
    if argv:
        raise PyhandlesError("demo takes no arguments", exit_code=2)
    directory = Path(tempfile.mkdtemp(prefix="pyhandles-demo-"))
    path = directory / "leaky_http_client.pkl"
    _say(f"$ python -m pyhandles.dump --limit {LIMIT} -- {STORY.name}")
    _let_it_die(path)
    snapshot = Snapshot.open(path)
    status = 0
    for command in ("summary", "leaks", f"identify {_leaked_descriptor(snapshot)}"):
        _say(f"\npyhandles> {command}")
        status = max(status, run_shell(str(path), [command], "text"))
    if status == 0 and sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        _say("\nNow it is your turn. `help` says what to ask, Ctrl-D leaves.\n")
        return run_shell(str(path), [], "text")
    _say(f"\nTo ask more: pyhandles shell {path}")
    return status


def _let_it_die(path: Path) -> None:
    """Run the story under its limit, its traceback and all. Raises PyhandlesError where it leaves no snapshot."""
    command = [sys.executable, "-m", "pyhandles.dump", "--limit", str(LIMIT), "-o", str(path), "--", str(STORY)]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    if not path.exists():
        raise PyhandlesError("the story ended without a snapshot", hint="what it said above tells why")


def _leaked_descriptor(snapshot: Snapshot) -> int:
    """The last descriptor of the holder that has most of them."""
    holders = {handle.fd: handle.holder for handle in handles(snapshot) if handle.fd is not None and handle.owners}
    [(commonest, _)] = Counter(holders.values()).most_common(1)
    return max(fd for fd, holder in holders.items() if holder == commonest)


def _say(text: str) -> None:
    print(text, flush=True)
