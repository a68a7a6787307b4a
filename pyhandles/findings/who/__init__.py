"""Who holds an address: a handle of this process, a socket without one, another process, or the kernel alone."""

from pyhandles.findings.who.answer import Who, who
from pyhandles.findings.who.holder import Holder

__all__ = ["Holder", "Who", "who"]
