"""The result of a run, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tools.conformance.gaps import Verdict
from tools.conformance.outcomes import (
    ERROR,
    FAILED,
    WHOLE_FILE,
    FileOutcome,
    Outcomes,
    frequent_messages,
    total_passed,
)

MESSAGES_SHOWN = 20
NAMES_SHOWN = 40


def incomplete_files(
    outcomes: Outcomes, expected: Mapping[str, int]
) -> Iterator[tuple[str, FileOutcome, int]]:
    """Yield the files in which fewer tests passed than on FastAPI, or a test failed."""
    for path in sorted({*outcomes, *expected}):
        file = outcomes.get(path, FileOutcome())
        if file.failing or file.passed < expected.get(path, 0):
            yield path, file, max(expected.get(path, 0), file.passed + len(file.failing))


def file_lines(outcomes: Outcomes, expected: Mapping[str, int]) -> Iterator[str]:
    """Yield one line for each file that does not pass completely."""
    for path, file, total in incomplete_files(outcomes, expected):
        line = f"{file.passed:5} of {total:<5} {path}"
        if WHOLE_FILE in file.failing:
            line += "  (not collected)"
        elif not file.outcomes:
            line += "  (did not run)"
        else:
            failed, errors = file.count(FAILED), file.count(ERROR)
            line += f"  ({failed} failed, {errors} errors)"
        yield line


def failure_lines(outcomes: Outcomes) -> Iterator[str]:
    """Yield one line for each test that did not pass, with the first line of its message."""
    for path, file in sorted(outcomes.items()):
        for name in sorted(file.failing):
            yield f"{path}::{name}  {file.messages.get(name, '')[:240]}".rstrip()


def message_lines(outcomes: Outcomes) -> Iterator[str]:
    """Yield the most frequent reasons, the first place to look."""
    for message, count in frequent_messages(outcomes, MESSAGES_SHOWN):
        yield f"{count:5}  {message or '(no message)'}"


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the differences between the run and the list of gaps."""
    yield from _names("Fail, and gaps.toml does not say why", verdict.unexplained)
    yield from _names("Pass, and gaps.toml lists them: remove them there", verdict.closed)
    yield from _names("Listed in gaps.toml, and there is no such test", verdict.unknown)
    for path, count in sorted(verdict.missing.items()):
        yield f"Did not run: {count} in {path}"


def _names(title: str, found: Mapping[str, set[str]]) -> Iterator[str]:
    names = sorted(f"{path}::{name}" for path, tests in found.items() for name in tests)
    if names:
        yield f"{title}: {len(names)}"
        yield from (f"  {name}" for name in names[:NAMES_SHOWN])
        if len(names) > NAMES_SHOWN:
            yield f"  and {len(names) - NAMES_SHOWN} more"


def total_line(outcomes: Outcomes, expected: Mapping[str, int], subject: str) -> str:
    """Return the summary of the run in one sentence."""
    passed, total = total_passed(outcomes), sum(expected.values())
    share = f" ({100 * passed / total:.1f} %)" if total else ""
    return f"{passed:,} of {total:,} of FastAPI's tests pass on {subject}{share}"
