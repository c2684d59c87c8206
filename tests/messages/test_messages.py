"""The error for each mistake has its place, what we got, and what to write.

Each `.py` file here is a program with one mistake, and the `.txt` file beside it is the message.
`PRONGHORN_WRITE_MESSAGES=1` writes the messages instead of comparing them; read the changes.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

from pronghorn.exceptions import FastAPIError

HERE = Path(__file__).parent
PROGRAMS = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("test_"))


def message_of(program: Path) -> str:
    """What a program is told: the classes of its error, its text and its notes."""
    with pytest.raises(FastAPIError) as caught:
        runpy.run_path(str(program))
    error = caught.value
    classes = [base.__name__ for base in type(error).__mro__]
    lines = [" < ".join(classes[: classes.index("Exception")]), str(error)]
    lines += getattr(error, "__notes__", [])
    return "\n".join(lines).replace(f"{HERE}{os.sep}", "") + "\n"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_message(program: Path) -> None:
    message, golden = message_of(program), program.with_suffix(".txt")
    if os.environ.get("PRONGHORN_WRITE_MESSAGES") == "1":
        golden.write_text(message)
    assert message == golden.read_text()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_message_names_the_file_and_the_line(program: Path) -> None:
    assert f"{program.name}:" in message_of(program)


def test_every_message_belongs_to_a_program() -> None:
    assert {path.stem for path in HERE.glob("*.txt")} == {path.stem for path in PROGRAMS}
