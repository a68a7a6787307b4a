"""Sees exceptions where Python has no event for them, before 3.12.

Around the functions that make descriptors, which puts a line of ours into their tracebacks; and where nobody has caught
them.
"""

from __future__ import annotations

import _socket
import builtins
import functools
import io
import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

See = Callable[[BaseException], None]

_FUNCTIONS: tuple[tuple[Any, str], ...] = (
    (builtins, "open"),
    (io, "open"),
    (os, "open"),
    (os, "pipe"),
    (os, "dup"),
    (os, "listdir"),
    (os, "scandir"),
    (os, "eventfd"),
    (os, "memfd_create"),
    (_socket, "socketpair"),
    (_socket, "dup"),
    (socket.socket, "__init__"),
    (socket.socket, "_accept"),
)
_CAPABILITIES = (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks)


class Hooks:
    """Puts itself in the way, and out of it again. What others have put over it meanwhile stays."""

    def __init__(self, see: See) -> None:
        self._see = see
        self._replaced: list[tuple[Any, str, Any, Any, bool]] = []
        for holder, name in _FUNCTIONS:
            if hasattr(holder, name):
                self._replace(holder, name, _wrapped(getattr(holder, name), see))
        self._replace(sys, "excepthook", self._around_excepthook(sys.excepthook))
        self._replace(threading, "excepthook", self._around_thread_hook(threading.excepthook))
        asyncio = sys.modules.get("asyncio.base_events")
        if asyncio:  # it is not worth an import of ours
            loop = asyncio.BaseEventLoop
            self._replace(loop, "call_exception_handler", self._around_loop(loop.call_exception_handler))

    def remove(self) -> None:
        while self._replaced:
            holder, name, former, own, was_own_attribute = self._replaced.pop()
            if vars(holder).get(name) is own:
                if was_own_attribute:
                    setattr(holder, name, former)
                else:
                    delattr(holder, name)
            for capable in _CAPABILITIES:
                capable.discard(own)

    def _replace(self, holder: Any, name: str, own: Any) -> None:
        former = getattr(holder, name)
        self._replaced.append((holder, name, former, own, name in vars(holder)))
        setattr(holder, name, own)
        for capable in _CAPABILITIES:
            if former in capable:
                capable.add(own)

    def _around_excepthook(self, former: Callable[..., object]) -> Callable[..., None]:
        def excepthook(kind: Any, error: BaseException, traceback: Any) -> None:
            self._see_unless_seen(error)
            former(kind, error, traceback)

        return excepthook

    def _around_thread_hook(self, former: Callable[..., object]) -> Callable[..., None]:
        def excepthook(arguments: Any) -> None:
            self._see_unless_seen(arguments.exc_value)
            former(arguments)

        return excepthook

    def _around_loop(self, former: Callable[..., object]) -> Callable[..., None]:
        def call_exception_handler(loop: Any, context: dict[str, Any]) -> None:
            self._see_unless_seen(context.get("exception"))
            former(loop, context)

        return call_exception_handler

    def _see_unless_seen(self, error: BaseException | None) -> None:
        """What passed one of the wrapped functions has been seen there."""
        traceback = error.__traceback__ if error else None
        while traceback is not None:
            if traceback.tb_frame.f_code is _WRAPPER_CODE:
                return
            traceback = traceback.tb_next
        if error is not None:
            self._see(error)


def _wrapped(function: Any, see: See) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except OSError as error:
            see(error)
            raise

    return wrapper


_WRAPPER_CODE = _wrapped(len, lambda _: None).__code__
