"""A pytest plugin: Python processes that a test starts get pronghorn for `fastapi` too.

Some tests run `python -m fastapi`, or a module of the suite, in a process of its own. The option
`-p pronghorn.as_fastapi` has no effect there, so such a process gets a `sitecustomize` that does
the same. The processes that run tests must not have it: pytest wants to import its plugins first.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

SITE = Path(__file__).parent / "children_site"


def pytest_configure(config: Any) -> None:
    """Prepare the environment of children in every process that runs tests."""
    is_controller = not hasattr(config, "workerinput") and config.getoption("numprocesses", None)
    if not is_controller:
        paths = [str(SITE), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
