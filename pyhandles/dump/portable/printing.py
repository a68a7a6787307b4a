"""Texts of the program's, a path say, as they may be printed: no terminal acts upon them, and a shell reads them."""

from __future__ import annotations

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%")


def safely(text: str) -> str:
    r"""With ``\x1b`` and the like for what cannot be seen."""
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def for_shell(path: str) -> str:
    """As one word of a shell's."""
    if _PLAIN.issuperset(path):
        return path
    if "'" not in path and path.isprintable():
        return f"'{path}'"
    return "$'" + safely(path.replace("\\", "\\\\").replace("'", "\\'")) + "'"


def _escaped(character: str) -> str:
    is_a_byte = "\udc80" <= character <= "\udcff"  # that is no text
    data = character.encode("utf-8", "surrogateescape" if is_a_byte else "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in data)
