"""`make plots`: draw the plots and write the tables of docs/performance.md from the results.

It measures nothing. The plots are docs/performance/*.svg; the tables stand in the page between
`<!-- name -->` and `<!-- end -->`. Without a result file, its plot and table stay as they are.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.record import ROOT, read
from benchmarks.tables import TABLES, with_tables
from tools.environment import PreparationError, create, fingerprint, is_current, python_of

ENVIRONMENT = ROOT / ".venv-plots"
REQUIREMENTS = ["matplotlib>=3.10,<3.11"]
PAGE = ROOT / "docs" / "performance.md"


def main() -> int:
    """Draw and write. Returns the exit status."""
    stamp = fingerprint(REQUIREMENTS)
    try:
        if not is_current(ENVIRONMENT, stamp):
            create(ENVIRONMENT, REQUIREMENTS, stamp)
    except PreparationError as error:
        print(error, file=sys.stderr)
        return 1
    drawn = subprocess.run(
        [str(python_of(ENVIRONMENT)), "-m", "benchmarks.drawing"], cwd=ROOT, check=False
    )
    if drawn.returncode:
        return drawn.returncode
    results = {name: read(name) for name in TABLES}
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    print(f"Written the tables of {PAGE.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
