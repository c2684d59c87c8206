"""The table of docs/reliability.md, from the result of `make harden`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.hardening.servers import KINDS


def table(result: Mapping[str, Any]) -> str:
    """Return the scoreboard as a table; a figure that reaches its goal is in bold."""
    head = ["figure", "must hold", *(kind.title for kind in KINDS.values())]
    lines = [f"| {' | '.join(head)} |", "|---|---|" + "---|" * len(KINDS)]
    for name, row in result["probes"].items():
        cells = [show(row["servers"].get(key)) for key in KINDS]
        lines.append(f"| {' | '.join([name, row['goal'], *cells])} |")
    about, versions = result["machine"], result["versions"]
    used = ", ".join(f"{name} {version}" for name, version in versions.items())
    below = (
        f"Measured on {result['date']}: {about['cores']} cores, {about['system']}, "
        f"Python {result['python']}, {used}. All figures of a row are of one run; a figure in bold "
        "reaches its goal."
    )
    return "\n".join([*lines, "", below])


def show(figure: Mapping[str, Any] | None) -> str:
    """Return the text of a figure; nothing for a server that was not asked."""
    if figure is None:
        return ""
    return f"**{figure['text']}**" if figure["is_reached"] else str(figure["text"])
