"""The HTML of a Mermaid diagram, which Material's script draws; it gets room, and scrolls."""

from __future__ import annotations

from typing import Any

from pymdownx.superfences import fence_code_format


def format_diagram(
    source: str, language: str, class_name: str, options: Any, md: Any, **kwargs: Any
) -> str:
    """Return the HTML of a fence with a diagram; Markdown's superfences call it."""
    html = fence_code_format(source, language, class_name, options, md, **kwargs)
    return f'<div class="diagram">{html}</div>'
