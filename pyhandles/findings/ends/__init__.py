"""The other end of a descriptor: who has it, in this process, in another, or nobody."""

from pyhandles.findings.ends.end import End
from pyhandles.findings.ends.other import other_end

__all__ = ["End", "other_end"]
