"""Print the lowest versions that `pyproject.toml` allows, as constraints for pip.

    python tools/lowest.py pyproject.toml > constraints.txt

pip takes the newest version that is allowed and has no option for the oldest.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# A name, extras or none, and the first bound.
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[^]]*\])?\s*>=\s*(?P<version>[\w.]+)")


def lower_bounds(pyproject: dict[str, Any]) -> dict[str, str]:
    """Return the lowest version of each package that the project or one of its extras needs.

    Args:
        pyproject: The content of `pyproject.toml`.

    Returns:
        Package -> version.

    Raises:
        ValueError: A requirement does not begin with a lower bound.
    """
    return dict(_bounds(pyproject["project"]))


def constraints(pyproject: dict[str, Any]) -> list[str]:
    """Return the lower bounds as lines of a constraints file of pip."""
    return [f"{name}=={version}" for name, version in sorted(lower_bounds(pyproject).items())]


def _bounds(project: dict[str, Any]) -> Iterator[tuple[str, str]]:
    extras = project.get("optional-dependencies", {}).values()
    for requirement in [*project["dependencies"], *(item for extra in extras for item in extra)]:
        found = REQUIREMENT.match(requirement)
        if found is None:
            raise ValueError(f"{requirement!r} does not begin with a lower bound, such as 'x>=1.2'")
        yield found["name"], found["version"]


def main(arguments: Sequence[str]) -> int:
    """Print the constraints for the `pyproject.toml` at a path. Returns the exit status."""
    print("\n".join(constraints(tomllib.loads(Path(arguments[0]).read_text("utf-8")))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
