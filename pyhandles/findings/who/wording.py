"""What several answers say in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.addresses import endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.who.bound import Bound
    from pyhandles.findings.who.wanted import Wanted


def address_evidence(bound: Bound, wanted: Wanted) -> Sequence[str]:
    """Why another address than the wanted one is in its way; nothing where it is the very one."""
    if wanted.is_exact(bound.local):
        return ()
    found = endpoint(bound.local)
    if found is None or not found.is_any:
        return (f"{bound.local} is one of the addresses that {wanted.text} stands for",)
    four = any(address[:1].isdigit() for address in wanted.addresses)
    unless = ", those of IPv4 too, unless it was made for IPv6 only" if found.host == "::" and four else ""
    return (f"{bound.local} stands for every address of this machine{unless}",)


def reuse_advice(instead: str) -> str:
    """SO_REUSEADDR passes over whatever does not listen, if the former socket has it, too: connections inherit it."""
    return (
        "set SO_REUSEADDR before bind(), each time: it passes over what is left of connections, if the socket that "
        f"listened before had it, too; or {instead}"
    )
