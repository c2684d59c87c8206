"""The stubs say what the modules do: mypy's stubtest compares them with the running package."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.stubs.content import STUBS

ROOT = Path(__file__).resolve().parent.parent.parent
#: Differences that are meant.
MEANT = [
    # `Default(...)` is typed as the value that it holds, and so is "not given".
    r"runtime parameter \"\w+\" has a default value of type \S+DefaultPlaceholder",
    # Pydantic marks `FieldInfo` as final at run time too; FastAPI and we extend it.
    r"^pronghorn\.params\.\w+ has `__final__` attribute",
    # No program calls these.
    r"^pronghorn\.applications\.FastAPI\.__rsgi(_init)?__ is not present in stub",
    r"^pronghorn\.params\.Depends\.__post_init__ is not present in stub",
]


@pytest.mark.timeout(300)
def test_the_stubs_agree_with_the_modules(tmp_path: Path) -> None:
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\n", encoding="utf-8")
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy.stubtest",
            "--concise",
            f"--mypy-config-file={config}",
            *STUBS,
        ],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    output = [line for line in result.stdout.splitlines() if line]
    known = [line for line in output if any(re.search(one, line) for one in MEANT)]
    assert known, result.stderr  # Else it compared nothing.
    assert [line for line in output if line not in known] == []
