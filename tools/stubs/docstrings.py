"""Docstrings with one entry for each parameter."""

from __future__ import annotations

import re
from collections.abc import Mapping

ENTRY = re.compile(r"    \*{0,2}(?P<name>\w+): (?P<text>.*)")
#: An indented block below the line `Args:`.
ARGUMENTS = re.compile(r"(?m)^Args:\n(?P<entries>(?:    .*\n|\n(?=    ))+)")
OTHER_SECTION = re.compile(r"(?m)^(?:Returns|Raises|Yields|Example)::?$")
OPTIONS = "options"


def entries_of(docstring: str) -> dict[str, str]:
    """Return the text of each parameter under `Args:` of a docstring (after `inspect.cleandoc`)."""
    section = ARGUMENTS.search(docstring + "\n")
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in section["entries"].splitlines() if section else ():
        entry = ENTRY.fullmatch(line)
        if entry is not None:
            current = found[entry["name"]] = [entry["text"]]
        else:
            current.append(line.strip())
    return {name: one_line(" ".join(lines)) for name, lines in found.items()}


def with_entries(docstring: str, entries: Mapping[str, str]) -> str:
    """Return a docstring with other entries under `Args:`.

    Args:
        docstring: The docstring (after `inspect.cleandoc`).
        entries: The text of each parameter; without any there is no `Args:`.
    """
    # pyright shows the first line of an entry only, so an entry is one line, however long.
    text = "Args:\n" + "".join(f"    {name}: {entries[name]}\n" for name in entries)
    whole = docstring + "\n"
    section = ARGUMENTS.search(whole)
    other = OTHER_SECTION.search(whole)
    if section is not None:
        before, after = whole[: section.start()], whole[section.end() :]
    elif other is not None:
        before, after = whole[: other.start()], whole[other.start() - 1 :]
    else:
        before, after = whole + "\n", ""
    if not entries:
        return (before + after.lstrip("\n")).strip()
    return (before + text + after).strip()


def one_line(text: str) -> str:
    """Return a text with single spaces instead of line ends."""
    return " ".join(text.split())
