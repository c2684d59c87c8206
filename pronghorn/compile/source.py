"""Build generated source: its lines, names for the objects that they use, and the function.

Generated source is registered with `linecache`, so tracebacks and debuggers show it; attrs does
the same. Objects are never written as text: they are bound to names in the function's globals.
"""

from __future__ import annotations

import itertools
import linecache
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_numbers = itertools.count(1)


class Source:
    """One function under construction."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}
        self._indent = 0

    def line(self, text: str) -> None:
        """Add one line at the current indentation."""
        self.lines.append("    " * self._indent + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Write `header`, and indent every line that is written inside the `with`."""
        self.line(header)
        self._indent += 1
        yield
        self._indent -= 1

    def bind(self, hint: str, value: Any) -> str:
        """Bind an object and return its name; the same object keeps its name."""
        stem = re.sub(r"\W", "_", hint) or "value"
        if stem[0].isdigit():
            stem = f"_{stem}"
        name = stem
        for number in itertools.count(2):
            if name not in self.names:
                self.names[name] = value
                return name
            if self.names[name] is value:
                return name
            name = f"{stem}_{number}"
        raise AssertionError("itertools.count ends")  # pragma: no cover

    def text(self) -> str:
        """Return the source that has been written so far."""
        return "\n".join(self.lines) + "\n"

    def compile(self, function: str, title: str) -> Callable[..., Any]:
        """Compile the source and return its function.

        Args:
            function: The name of the function.
            title: A part of the file name that tracebacks show.
        """
        filename = f"<pronghorn {next(_numbers)}: {title}>"
        text = self.text()
        namespace = dict(self.names)
        exec(compile(text, filename, "exec"), namespace)  # noqa: S102 - our own source, not a user's text
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        compiled: Callable[..., Any] = namespace[function]
        compiled.__pronghorn_source__ = text  # type: ignore[attr-defined]  # read by tools
        return compiled
