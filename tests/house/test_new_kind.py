"""A new injected kind needs changes in three places, and works in both engines."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.house.imports import FOLDER

PROGRAM = Path(__file__).with_name("new_kind_program.py")
#: file -> what is added to it: the line before, and the new line. Imports count as no place.
PLACES = {
    "core/kinds.py": (
        '    SECURITY_SCOPES = "security scopes", SecurityScopes, "security_scopes_param_name"\n',
        '    COUNTS = "counts", Counter, "counts_param_name"\n',
    ),
    "run/injected.py": (
        "    InjectedKind.SECURITY_SCOPES: OfCall(SecurityScopes),\n",
        '    InjectedKind.COUNTS: OfExchange("counts", Counter),\n',
    ),
    "dependencies/models.py": (
        "    security_scopes_param_name: str | None = None\n",
        "    counts_param_name: str | None = None\n",
    ),
}
FUTURE = "from __future__ import annotations\n"


def add_kind(package: Path) -> None:
    """Let a parameter with the type `Counter` receive one that all calls of an exchange share."""
    for name, (before, line) in PLACES.items():
        file = package / name
        text = file.read_text("utf-8")
        assert text.count(before) == text.count(FUTURE) == 1
        text = text.replace(before, before + line)
        if "Counter" in line:
            text = text.replace(FUTURE, f"{FUTURE}\nfrom collections import Counter\n")
        file.write_text(text, "utf-8")


def test_a_new_kind_is_added_in_three_places(tmp_path: Path) -> None:
    package = tmp_path / "pronghorn"
    shutil.copytree(FOLDER, package, ignore=shutil.ignore_patterns("__pycache__"))
    add_kind(package)
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    expected = {
        "http": [{"calls": 1, "number": 1}, {"calls": 1, "number": 2}],
        "invalid": 422,
        "websocket": {"calls": 1},
        "solved": {"counts": {}, "number": 0},
        "dependant": "counts",
        "explained": True,
        "documented": ["number"],
    }
    assert json.loads(done.stdout) == [expected, expected]
