"""Outcomes of a run of the suite."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

WHOLE_FILE = "*"
"""Stands for the tests of a file that could not be collected."""

PASSED, SKIPPED, FAILED, ERROR = "passed", "skipped", "failed", "error"
# The worst of several entries with one name decides: a test may pass and its teardown fail.
SEVERITY = {PASSED: 0, SKIPPED: 1, FAILED: 2, ERROR: 3}


@dataclass
class FileOutcome:
    """The outcomes of the tests of one file, by name (`Class::name` inside a class)."""

    outcomes: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """The number of tests that passed."""
        return sum(outcome == PASSED for outcome in self.outcomes.values())

    @property
    def failing(self) -> set[str]:
        """The tests that failed or could not run; `*` when the file could not be collected."""
        return {name for name, outcome in self.outcomes.items() if outcome in (FAILED, ERROR)}

    @property
    def is_for_another_python(self) -> bool:
        """Whether the file skipped itself because of the version of Python."""
        return self.messages.get(WHOLE_FILE, "").startswith("requires python")

    def count(self, outcome: str) -> int:
        """Return the number of tests with an outcome."""
        return sum(found == outcome for found in self.outcomes.values())

    def add(self, name: str, outcome: str, message: str) -> None:
        """Add an entry of the XML; of two entries with one name, the worse stays."""
        known = self.outcomes.get(name)
        if known is None or SEVERITY[outcome] > SEVERITY[known]:
            self.outcomes[name] = outcome
            self.messages[name] = message


Outcomes = dict[str, FileOutcome]
"""File outcomes by path, such as `tests/test_sse.py`."""


def split_class_name(class_name: str, files: Iterable[str]) -> tuple[str, str]:
    """Return the file and the class of a JUnit class name such as `tests.test_sse.TestPing`.

    Args:
        class_name: The dotted name; pytest does not say where the module ends.
        files: The paths of the suite's test files.

    Returns:
        The path and the class, empty for a function of the module. A name that belongs to no file
        of the suite keeps its dots, so that it shows up in the report.
    """
    known = files if isinstance(files, set | frozenset | dict) else set(files)
    parts = class_name.split(".")
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end]) + ".py"
        if path in known:
            return path, "::".join(parts[end:])
    return class_name, ""


def parse_case(case: ElementTree.Element) -> tuple[str, str]:
    """Return the outcome of one `testcase` element and the first line of its message."""
    for tag, outcome in (("error", ERROR), ("failure", FAILED), ("skipped", SKIPPED)):
        element = case.find(tag)
        if element is not None:
            return outcome, first_line(element)
    return PASSED, ""


def first_line(element: ElementTree.Element) -> str:
    """Return the message of an element in one line: for a collection error, the last line.

    pytest's own message of a collection error is only "collection failure", and that of a file that
    skips itself only "collection skipped".
    """
    message = (element.get("message") or "").strip()
    if message == "collection skipped":
        _, _, reason = (element.text or "").rpartition("Skipped: ")
        return reason.rstrip("')") or message
    if message == "collection failure":
        reasons = [line for line in (element.text or "").splitlines() if line.startswith("E ")]
        return reasons[-1][2:].strip() if reasons else message
    return message.splitlines()[0] if message else ""


def parse_junit(xml: str, files: Iterable[str]) -> Outcomes:
    """Return the outcomes in a JUnit XML document written by pytest.

    Args:
        xml: The document.
        files: The paths of the suite's test files.
    """
    known = frozenset(files)
    outcomes: Outcomes = {}
    for case in ElementTree.fromstring(xml).iter("testcase"):
        # A file that could not be collected has no class name, and its own dotted name as name.
        class_name, name = case.get("classname") or "", case.get("name") or ""
        path, class_path = split_class_name(class_name or name, known)
        test = WHOLE_FILE if not class_name else "::".join(filter(None, (class_path, name)))
        outcome, message = parse_case(case)
        outcomes.setdefault(path, FileOutcome()).add(test, outcome, message)
    return outcomes


def merge_second_run(
    first: Outcomes, second: Outcomes, closed: Mapping[str, Collection[str]]
) -> None:
    """Add to the first run what was seen when a few files ran again alone.

    Args:
        first: It takes the tests that passed the second time.
        second: The run of the few files.
        closed: The tests, by file, that passed although they are known gaps. Of these, it takes the
            failures, too.
    """
    for path, again in second.items():
        file = first.setdefault(path, FileOutcome())
        if WHOLE_FILE not in again.failing:
            file.outcomes.pop(WHOLE_FILE, None)
        for name, outcome in again.outcomes.items():
            if outcome == PASSED or name in closed.get(path, ()):
                file.outcomes[name] = outcome
                file.messages[name] = again.messages[name]


def total_passed(outcomes: Outcomes) -> int:
    """Return the number of tests of a run that passed."""
    return sum(file.passed for file in outcomes.values())


def frequent_messages(outcomes: Outcomes, limit: int) -> list[tuple[str, int]]:
    """Return the most frequent first lines of failures, each with its count."""
    counter: Counter[str] = Counter()
    for file in outcomes.values():
        counter.update(file.messages.get(name, "")[:160] for name in file.failing)
    return counter.most_common(limit)


def read_expected(path: Path) -> dict[str, int]:
    """Read the number of tests that pass on FastAPI itself, by file."""
    if not path.exists():
        return {}
    files: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))["files"]
    return files


def write_expected(outcomes: Outcomes, version: str) -> str:
    """Return the JSON document of a run on FastAPI itself."""
    files = {path: file.passed for path, file in sorted(outcomes.items()) if file.passed}
    document = {"fastapi": version, "passed": sum(files.values()), "files": files}
    return json.dumps(document, indent=1) + "\n"
