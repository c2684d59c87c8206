"""The tests of FastAPI that do not pass on pronghorn, each with the reason; the verdict on a run.

`tests/conformance/gaps.toml` holds them:

    [[gap]]
    file = "tests/test_sse.py"
    tests = ["test_ping", "test_event[a-b]"]
    why = "Patches fastapi.sse._private."

`test_event` alone stands for all parameters of that test. Without `tests`, the file cannot be
collected. A run is right when exactly these tests fail.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.conformance.outcomes import PASSED, WHOLE_FILE, FileOutcome, Outcomes
from tools.environment import PreparationError


@dataclass(frozen=True)
class Gap:
    """Tests of one file that do not pass for one reason."""

    file: str
    tests: tuple[str, ...]
    """Their names; empty when the whole file cannot be collected."""
    why: str

    def find_covered(self, names: Iterable[str]) -> set[str]:
        """Return those of some test names that this gap explains."""
        wanted = self.tests or (WHOLE_FILE,)
        return {name for name in names if name in wanted or name.partition("[")[0] in wanted}


@dataclass
class Verdict:
    """The differences between a run and the list of gaps, by file."""

    unexplained: dict[str, set[str]] = field(default_factory=dict)
    """Tests that fail and are not a gap."""
    closed: dict[str, set[str]] = field(default_factory=dict)
    """Tests that are listed as a gap and pass."""
    unknown: dict[str, set[str]] = field(default_factory=dict)
    """Names in the list that belong to no test."""
    missing: dict[str, int] = field(default_factory=dict)
    """The number of tests that pass on FastAPI and did not run."""

    @property
    def is_right(self) -> bool:
        """Whether the run and the list agree."""
        return not (self.unexplained or self.closed or self.unknown or self.missing)

    @property
    def doubtful_files(self) -> list[str]:
        """The files with a test that fails, passes or did not run for no known reason."""
        return sorted({*self.unexplained, *self.closed, *self.missing})


def read_gaps(path: Path) -> list[Gap]:
    """Read the list of gaps.

    Raises:
        PreparationError: The file is not valid TOML, or an entry is incomplete.
    """
    if not path.exists():
        return []
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("gap", [])
    except tomllib.TOMLDecodeError as error:
        raise PreparationError(f"{path} is no TOML: {error}") from None
    return [_gap(entry, f"{path.name}, gap {number}") for number, entry in enumerate(entries, 1)]


def _gap(entry: Mapping[str, Any], where: str) -> Gap:
    unknown = entry.keys() - {"file", "tests", "why"}
    if unknown or not entry.get("file") or entry.get("tests") == []:
        raise PreparationError(f"{where}: write `file`, `why` and, unless all fail, `tests`.")
    if not entry.get("why"):
        raise PreparationError(f"{where} ({entry['file']}): `why` must say the reason.")
    return Gap(entry["file"], tuple(entry.get("tests", ())), entry["why"])


def judge(
    outcomes: Outcomes,
    gaps: Sequence[Gap],
    expected: Mapping[str, int],
    *,
    whole_files: bool = True,
) -> Verdict:
    """Compare a run with the list of gaps.

    Args:
        outcomes: The run.
        gaps: The list.
        expected: The number of tests that pass on FastAPI itself, by file; the files that were run.
        whole_files: Whether the files ran completely; with `-k`, a missing test is not a gap.
    """
    verdict = Verdict()
    for path in sorted({*expected, *outcomes}):
        file = outcomes.get(path, FileOutcome())
        here = [gap for gap in gaps if gap.file == path]
        explained = {name for gap in here for name in gap.find_covered(file.outcomes)}
        _note(verdict.unexplained, path, file.failing - explained)
        passing = {name for name in explained if file.outcomes[name] == PASSED}
        _note(verdict.closed, path, passing)
        if whole_files:
            _note(verdict.unknown, path, _without_test(here, file))
            missing = expected.get(path, 0) - file.passed - len(file.failing)
            explains_itself = WHOLE_FILE in file.failing or file.is_for_another_python
            if missing > 0 and not explains_itself:
                verdict.missing[path] = missing
    return verdict


def _note(found: dict[str, set[str]], path: str, names: set[str]) -> None:
    if names:
        found[path] = names


def _without_test(gaps: Iterable[Gap], file: FileOutcome) -> set[str]:
    """Return the names in a list of gaps that do not belong to a test of their file."""
    single = [Gap(gap.file, (name,), "") for gap in gaps for name in gap.tests or (WHOLE_FILE,)]
    return {gap.tests[0] for gap in single if not gap.find_covered(file.outcomes)}
