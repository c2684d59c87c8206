"""Compare what type checkers and editors make of programs on FastAPI and on pronghorn.

    make editors
    make editors ARGS=--write       also write the tables into docs/how-to/editors.md

Runs `tests/typing` in an environment with pinned type checkers. The tests write their tables to
`build/editors.md`. The command fails if a test fails, or if the page shows other tables.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.environment import PreparationError, prepare_project, python_of

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-editors"
TABLES = ROOT / "build" / "editors.md"
PAGE = ROOT / "docs" / "how-to" / "editors.md"
SECTION = re.compile(r"<!-- (?P<name>\w+) -->\n.*?<!-- end -->\n", re.DOTALL)


def with_tables(page: str, tables: str) -> str:
    """Return the text of a page with new tables.

    Args:
        page: The text, with the old tables between `<!-- NAME -->` and `<!-- end -->`.
        tables: The new tables, each between the same two lines.
    """
    new = {match["name"]: match[0] for match in SECTION.finditer(tables)}
    return SECTION.sub(lambda match: new.get(match["name"], match[0]), page)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests, and compare or write the page. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", action="store_true", help="write the tables into the page")
    options = parser.parse_args(arguments)
    try:
        prepare_project(ENVIRONMENT, ROOT, ["standard", "sql"], ["editors"])
    except PreparationError as error:
        print(error, file=sys.stderr)
        return 1
    TABLES.unlink(missing_ok=True)
    command = [str(python_of(ENVIRONMENT)), "-m", "pytest", "-q", "tests/typing"]
    status = subprocess.run(command, check=False, cwd=ROOT, stdin=subprocess.DEVNULL).returncode
    if status:
        return status
    page = PAGE.read_text(encoding="utf-8")
    written = with_tables(page, TABLES.read_text(encoding="utf-8"))
    if options.write:
        PAGE.write_text(written, encoding="utf-8")
    elif written != page:
        print(f"{PAGE} shows other tables: run `make editors ARGS=--write`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
