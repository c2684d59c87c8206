"""Type checkers find what is wrong with a program, and nothing in a good one."""

from __future__ import annotations

import pytest

from tests.typing.checkers import CHECKERS, marked_line, programs
from tests.typing.conftest import Results
from tests.typing.report import write_section

pytestmark = pytest.mark.timeout(300)

GOOD = [program.stem for program in programs("good")]
WRONG = {program.stem: marked_line(program) for program in programs("wrong")}


def refused(results: Results, framework: str, checker: str) -> list[str]:
    """Return the good programs in which a checker reports an error."""
    return [name for name in GOOD if name in results[framework, checker]]


def found(results: Results, framework: str, checker: str) -> set[str]:
    """Return the wrong programs whose mistake a checker reports, on its line."""
    errors = results[framework, checker]
    return {name for name, line in WRONG.items() if line in errors.get(name, ())}


def test_there_are_enough_programs() -> None:
    assert len(GOOD) >= 20
    assert len(WRONG) >= 30


@pytest.mark.parametrize("checker", CHECKERS)
def test_no_good_program_is_refused(results: Results, checker: str) -> None:
    assert refused(results, "pronghorn", checker) == []


def test_strict_pyright_accepts_good_programs(results: Results) -> None:
    # The rules of that mode forbid `from package import *`.
    assert refused(results, "pronghorn", "pyright strict") == ["star_import"]


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_mistake_that_is_found_on_fastapi_is_found(results: Results, checker: str) -> None:
    assert found(results, "fastapi", checker) - found(results, "pronghorn", checker) == set()


@pytest.mark.parametrize("checker", CHECKERS)
def test_only_the_marked_lines_of_wrong_programs_have_errors(
    results: Results, checker: str
) -> None:
    errors = results["pronghorn", checker]
    assert {name: errors[name] - {line} for name, line in WRONG.items() if name in errors} == {
        name: set() for name in WRONG if name in errors
    }


@pytest.mark.parametrize("checker", ["pyright", "ty"])
def test_checkers_that_read_metadata_find_every_mistake(results: Results, checker: str) -> None:
    assert WRONG.keys() - found(results, "pronghorn", checker) == set()


@pytest.mark.parametrize("checker", ["mypy --strict", "pyrefly"])
def test_checkers_that_skip_metadata_find_every_other_mistake(
    results: Results, checker: str
) -> None:
    # They do not look at the calls inside `Annotated`, whatever the framework.
    missed = WRONG.keys() - found(results, "pronghorn", checker)
    assert missed == {"alias_as_list", "embed_as_text"}


def test_the_table_is_written(results: Results) -> None:
    of_wrong = f"mistakes found of {len(WRONG)}: FastAPI | pronghorn"
    of_good = f"good programs refused of {len(GOOD)}: FastAPI | pronghorn"
    lines = [f"| checker | {of_wrong} | {of_good} |", "|---|---:|---:|---:|---:|"]
    for checker in CHECKERS:
        theirs, ours = (len(found(results, one, checker)) for one in ("fastapi", "pronghorn"))
        before, after = (len(refused(results, one, checker)) for one in ("fastapi", "pronghorn"))
        lines.append(f"| {checker} | {theirs} | {ours} | {before} | {after} |")
    path = write_section("checkers", lines)
    assert path.read_text(encoding="utf-8").count("\n| mypy --strict |") == 1
