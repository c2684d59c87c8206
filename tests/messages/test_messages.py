"""Every mistake in a program is told with its place, what was got and what to write.

Each `.py` file here is a program with one mistake; the `.txt` beside it is the message. With
`PRONGHORN_WRITE_MESSAGES=1` the messages are written instead of compared: read what changed.
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
