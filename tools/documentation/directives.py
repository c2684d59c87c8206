"""The directives of mkdocstrings in the pages of the reference: `::: pronghorn.FastAPI`."""

from __future__ import annotations

import re

#: A directive, with its indented options.
DIRECTIVE = re.compile(r"^::: (?P<name>[\w.]+)\n(?P<options>(?:[ ]{4}.*\n)*)", re.MULTILINE)
#: A name in the list `members` of a directive.
MEMBER = re.compile(r"^ +- (\w+)$", re.MULTILINE)
SECTION = re.compile(r"^## ", re.MULTILINE)


def nest(text: str) -> str:
    """Return a page whose objects are one level below the section that they stand in.

    Without it, an object in a section would have a heading of the same level as the section.
    """
    section = SECTION.search(text)
    if section is None:
        return text
    head, rest = text[: section.start()], text[section.start() :]
    return head + DIRECTIVE.sub(_one_lower, rest)


def _one_lower(found: re.Match[str]) -> str:
    options = found["options"] or "    options:\n"
    return f"::: {found['name']}\n{options}      heading_level: 3\n"
