"""Logging: the files of handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import Role

if TYPE_CHECKING:
    from pyhandles.inspectors.lens import Lens
    from pyhandles.inspectors.role import Fields


def _log_file(lens: Lens, handler: int) -> Role:
    return Role(f"log file of {lens.snapshot.type_name(handler)}", "logger.removeHandler(handler), handler.close()")


def _stream(lens: Lens, handler: int) -> Role:
    return Role(f"stream of {lens.snapshot.type_name(handler)}")


def _socket(lens: Lens, handler: int) -> Role:
    return Role(f"connection of {lens.snapshot.type_name(handler)}", "logger.removeHandler(handler), handler.close()")


FIELDS: Fields = {
    ("logging.FileHandler", "stream"): _log_file,
    ("logging.StreamHandler", "stream"): _stream,
    ("logging.handlers.SocketHandler", "sock"): _socket,
    ("logging.handlers.SysLogHandler", "socket"): _socket,
}
