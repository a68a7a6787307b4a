"""Sees exceptions by `sys.monitoring`, where they are raised, whoever swallows them later. For 3.12 and later.

Costs a call of a Python function for each exception of the program.
"""

from __future__ import annotations

import sys
from opcode import opmap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

_monitoring: Any = getattr(sys, "monitoring", None)
_RAISED_BY_HAND = {opmap["RAISE_VARARGS"], opmap["RERAISE"]}
_TOOLS = (4, 3, 5, 2, 1, 0)
"""Numbers of tools, those that have no accepted use first."""
_traceback_of = BaseException.__dict__["__traceback__"].__get__


class Monitor:
    """Calls ``see`` with each OSError that C raises.

    Raises: OSError where other tools have taken all the numbers.
    """

    def __init__(self, see: Callable[[BaseException], None]) -> None:
        self._see = see
        free = [tool for tool in _TOOLS if _monitoring.get_tool(tool) is None]
        if not free:
            raise OSError(16, "other tools have taken all the numbers of sys.monitoring")
        self._tool = free[0]
        _monitoring.use_tool_id(self._tool, "pyhandles")
        _monitoring.register_callback(self._tool, _monitoring.events.RAISE, self._raised)
        _monitoring.set_events(self._tool, _monitoring.events.RAISE)

    def remove(self) -> None:
        _monitoring.set_events(self._tool, 0)
        _monitoring.register_callback(self._tool, _monitoring.events.RAISE, None)
        _monitoring.free_tool_id(self._tool)

    def _raised(self, code: CodeType, offset: int, error: BaseException) -> None:
        if issubclass(type(error), OSError) and _is_raised_by_c(code, offset, error):
            self._see(error)


def _is_raised_by_c(code: CodeType, offset: int, error: BaseException) -> bool:
    """The event comes again in each frame that the exception passes, and for those made by hand."""
    traceback = _traceback_of(error)
    is_new = traceback is None or traceback.tb_next is None
    return is_new and code.co_code[offset] not in _RAISED_BY_HAND
