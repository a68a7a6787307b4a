"""A server that is started again while a helper still has its listening socket.

    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/child_reopen.py
    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/child_reopen.py --fixed

The listening socket is inheritable, as the next version of the server is to take it over by `exec`. The server also
runs a helper, and with `close_fds=False` that gets the socket, too, though it knows nothing of it. The server closes
its listener and makes another: the address is in use, SO_REUSEADDR or not, for the helper's descriptor keeps the socket
listening. Nothing in the server's own process shows it; the snapshot names the helper, since when it runs, and its
number. `--fixed` lets `subprocess` close what it was not told to pass on.
"""

from __future__ import annotations

import socket
import subprocess
import sys


def listen(address: tuple[str, int]) -> socket.socket:
    listener = socket.create_server(address)
    listener.set_inheritable(True)
    return listener


def start_helper(*, fixed: bool) -> subprocess.Popen[bytes]:
    """A filter that answers what it is sent, until its input ends: also when the server does."""
    return subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=fixed)


def main() -> None:
    fixed = "--fixed" in sys.argv[1:]
    listener = listen(("127.0.0.1", 0))
    address = listener.getsockname()
    helper = start_helper(fixed=fixed)
    listener.close()
    listener = listen(address)
    helper.communicate(b"a page")
    listener.close()
    print("the server listens again")


if __name__ == "__main__":
    main()
