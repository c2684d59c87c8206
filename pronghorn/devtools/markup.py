"""Write HTML of which every text is escaped, because it is text until an element is made of it."""

from __future__ import annotations

from html import escape

__all__ = ["Markup", "tag"]

_EMPTY = frozenset({"link", "meta"})
"""Elements without an end."""


class Markup(str):
    """HTML that needs no escaping any more: made by `tag`, or written in this package."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | None) -> Markup:
    """One element.

    Args:
        name: Name of the element, written in the program.
        children: What is in it: text, which is escaped, or what `tag` has made.
        attributes: Values, which are escaped; None leaves one out. An underscore at the end of a
            name is left out (`class_`), others are hyphens (`http_equiv`).
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Markup(f"<{name}{written}>")
    inside = "".join(child if isinstance(child, Markup) else escape(child) for child in children)
    return Markup(f"<{name}{written}>{inside}</{name}>")
