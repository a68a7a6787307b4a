"""Which descriptors of the process are one open file."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.processes import same_open_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot


class OpenFiles:
    """Groups of descriptors with one open file description. Take it with ``snapshot.derive(OpenFiles)``.

    As the kernel compared them; sockets by the kernel's number too, for nothing can open one a second time.
    groups: ascending, each ascending, most of them of one.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        compared = snapshot.derive(same_open_file)
        groups: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for fd, descriptor in snapshot.derive(Claims).descriptors.items():
            is_socket = descriptor.inode > 0 and kind_of(descriptor) == "socket"
            groups[("inode", descriptor.inode) if is_socket else ("fd", compared.get(fd, fd))].append(fd)
        self.groups = [tuple(fds) for fds in groups.values()]
        self._of: Mapping[int, tuple[int, ...]] = {fd: group for group in self.groups for fd in group}

    def of(self, fd: int) -> tuple[int, ...]:
        """All numbers of the open file at this one."""
        return self._of.get(fd, (fd,))
