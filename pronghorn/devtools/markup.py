"""Write HTML in which every text is escaped unless `tag` produced it."""

from __future__ import annotations

from html import escape

__all__ = ["Markup", "tag"]

_EMPTY = frozenset({"input", "link", "meta"})
"""Elements without an end tag."""


class Markup(str):
    """HTML that needs no further escaping: the result of `tag`, or a literal of this package."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | None) -> Markup:
    """Return one element.

    Args:
        name: Name of the element, a literal of the program.
        children: Its content: text, which is escaped, or results of `tag`.
        attributes: Values, which are escaped; None omits one. An underscore at the end of a name is
            dropped (`class_`), others become hyphens (`http_equiv`).
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
