"""What a finding can rest on."""

from __future__ import annotations

from pyhandles.findings.lingering.calls import CallOnClosed
from pyhandles.findings.lingering.children import ClosedHere, OpenInBoth
from pyhandles.findings.lingering.duplicates import OneOpenFile
from pyhandles.findings.lingering.kernel_alone import KernelAlone
from pyhandles.findings.lingering.makefiles import WaitsForFiles
from pyhandles.findings.lingering.unnoticed import HalfClosed
from pyhandles.findings.lingering.unsent import Unsent, UnsentAlone

Evidence = (
    WaitsForFiles
    | OneOpenFile
    | ClosedHere
    | OpenInBoth
    | CallOnClosed
    | Unsent
    | UnsentAlone
    | HalfClosed
    | KernelAlone
)
