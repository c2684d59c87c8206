"""Writes the tables that the tests measure to `build/editors.md`, section by section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

PATH = Path(__file__).resolve().parent.parent.parent / "build" / "editors.md"


def write_section(name: str, lines: Sequence[str]) -> Path:
    """Write one table, instead of the former one of the same name; return the file."""
    text = PATH.read_text(encoding="utf-8") if PATH.exists() else ""
    section = f"<!-- {name} -->\n" + "\n".join(lines) + "\n<!-- end -->\n"
    pattern = re.compile(rf"<!-- {name} -->\n.*?<!-- end -->\n", re.DOTALL)
    text = pattern.sub(lambda _: section, text) if pattern.search(text) else text + section + "\n"
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(text, encoding="utf-8")
    return PATH
