"""The part of the heap language that tells what the kernel said of the surroundings; a `Heap` has these methods.

    heap.wait(17, "recvfrom", fd=5, asleep=2.5)
    heap.wait(18, "poll", watching=[5, 6])
    heap.epoll_set(4, {7: 1007})
    heap.open_file(7, same=3, unsent=512)
    heap.kernel_socket("tcp", "127.0.0.1:3001", "127.0.0.1:40000", state=6, timer=3, expires=41_000)
    heap.process(4711, parent=4242, name="sleep", command="sleep 100")
    heap.elsewhere(4711, 7, inode=1007, same=7)
    heap.failed_call("bind", 5, "127.0.0.1:3001")

Seconds where nothing else is said. The process itself is 4242.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.format import AccessFlag, WaitState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECOND = 1_000_000_000
STARTED = 1_699_999_900 * SECOND
ESTABLISHED, TIME_WAIT, UNCONNECTED, CLOSE_WAIT, LISTEN = 1, 6, 7, 8, 10
_KINDS = {"tcp": (2, 1, 6), "tcp6": (10, 1, 6), "udp": (2, 2, 17), "udp6": (10, 2, 17), "unix": (1, 1, 0)}
POLLIN = 1


class Surroundings:
    """Of a heap: ``header``, ``_rows`` and ``text``."""

    header: dict[str, object]
    _rows: dict[str, list[tuple[int, ...]]]

    def text(self, text: str | None) -> int:
        raise NotImplementedError

    def ask_kernel(self, **fields: object) -> None:
        """What the header says of it; without, that it told all."""
        default = {"waits": None, "files": None, "sockets": None, "processes": None, "hidden": 0}
        self.header["kernel"] = default | fields

    def wait(
        self,
        native: int,
        call: str | None,
        *,
        fd: int = -1,
        other: int = -1,
        asleep: float | None = None,
        watching: Iterable[int] = (),
    ) -> None:
        """asleep: seconds. Without a call the thread runs. watching: the numbers given to poll or select."""
        state = WaitState.RUNNING if call is None else WaitState.CALL
        slept = -1 if asleep is None else int(asleep * SECOND)
        self._rows["waits"].append((native, state, self.text(call), fd, other, slept))
        self._rows["watches"] += [(-1, native, watched, POLLIN, 0, 0) for watched in watching]

    def epoll_set(self, fd: int, watched: Mapping[int, int], *, events: int = POLLIN, device: int = 0) -> None:
        """watched: inode by the number as it was registered."""
        self._rows["watches"] += [(fd, 0, number, events, device, inode) for number, inode in watched.items()]

    def open_file(
        self,
        fd: int,
        *,
        same: int | None = None,
        unsent: int = -1,
        unread: int = -1,
        linger: int = -1,
        peer_pid: int = -1,
        terminal: int = -1,
    ) -> None:
        """same: itself, where nothing else is said."""
        lowest = fd if same is None else same
        self._rows["files"].append((fd, lowest, unsent, unread, linger, peer_pid, terminal))

    def kernel_socket(
        self,
        kind: str,
        local: str,
        peer: str | None = None,
        *,
        inode: int = 0,
        state: int = ESTABLISHED,
        unsent: int = 0,
        unread: int = 0,
        uid: int = 1000,
        timer: int = 0,
        expires: int = 0,
        peer_inode: int = 0,
    ) -> None:
        """kind: tcp, tcp6, udp, udp6 or unix."""
        self._rows["sockets"].append(
            (
                *(inode, *_KINDS[kind], state, self.text(local), self.text(peer)),
                *(unsent, unread, uid, timer, expires, peer_inode),
            )
        )

    def process(
        self,
        pid: int,
        *,
        parent: int = 1,
        name: str = "python3",
        command: str | None = None,
        started: int = STARTED,
        uid: int = 1000,
        visible: bool = True,
    ) -> None:
        row = (pid, parent, started, uid, self.text(name), self.text(command), int(visible))
        self._rows["processes"].append(row)

    def elsewhere(
        self,
        pid: int,
        fd: int,
        *,
        inode: int,
        device: int = 0,
        same: int = -2,
        access: AccessFlag = AccessFlag.READ | AccessFlag.WRITE,
        terminal: int = -1,
    ) -> None:
        self._rows["held_elsewhere"].append((pid, fd, device, inode, same, access, terminal))

    def failed_call(self, call: str, fd: int, address: str | None) -> None:
        self.header["failed_call"] = {"call": call, "fd": fd, "address": address}
