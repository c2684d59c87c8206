"""`make plots`: draw the plots, and write the figures of all pages, from the results.

It measures nothing. The plots are docs/performance/*.svg and docs/deploy/*.svg;
`benchmarks.figures` writes the pages.
Without a result file, its plot and its table stay as they are.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks import figures
from benchmarks.ha import drawing as hosts
from benchmarks.record import ROOT
from tools.environment import PreparationError, create, fingerprint, is_current, python_of

ENVIRONMENT = ROOT / ".venv-plots"
REQUIREMENTS = ["matplotlib>=3.10,<3.11"]


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
    hosts.main()
    return figures.main()


if __name__ == "__main__":
    sys.exit(main())
