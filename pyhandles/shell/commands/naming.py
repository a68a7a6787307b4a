"""The argument that names an object, of the commands about one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.errors import UnknownObject
from pyhandles.findings.names import Named, resolve
from pyhandles.shell.commands.command import OBJECT

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


def take_object(parser: ArgumentParser) -> None:
    """Declare X; `named_by` takes it under this name."""
    parser.add_argument("name", metavar=OBJECT, help="63, 0x7f12…, #1234 or *A")


def named_by(session: Session, arguments: Namespace) -> Named:
    """What X names. Raises UnknownObject."""
    return resolve(session.snapshot, arguments.name, session.marks)


def single(session: Session, arguments: Namespace) -> int:
    """The one object that X stands for: of a descriptor its first owner. Raises UnknownObject."""
    named = named_by(session, arguments)
    if not named.indices:
        raise UnknownObject(f"no object owns descriptor {named.fd}", f"`identify {named.fd}` says what is known.")
    return named.indices[0]
