"""The judge reads the outcome of every test and notices what became worse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.conformance.outcomes import (
    FileOutcome,
    Outcomes,
    RecordedFile,
    compare,
    expected_document,
    frequent_messages,
    merge_second_run,
    parse_junit,
    read_expected,
    read_recorded,
    recorded_document,
    split_class_name,
    total_passed,
)
from tools.conformance.report import comparison_lines, file_lines, total_line

FILES = ["tests/test_sse.py", "tests/test_broken.py", "tests/test_tutorial/test_body.py"]

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" tests="7">
  <testcase classname="" name="tests.test_broken">
    <error message="collection failure">tests/test_broken.py:1: in &lt;module&gt;
    import fastapi.nothing
E   ModuleNotFoundError: No module named 'fastapi.nothing'</error>
  </testcase>
  <testcase classname="tests.test_sse" name="test_ping" time="0.1" />
  <testcase classname="tests.test_sse" name="test_event[a-b]">
    <failure message="assert 404 == 200&#10;  and more">long text</failure>
  </testcase>
  <testcase classname="tests.test_sse.TestRetry" name="test_once" />
  <testcase classname="tests.test_sse" name="test_skipped">
    <skipped message="needs another Python" />
  </testcase>
  <testcase classname="tests.test_sse" name="test_teardown" />
  <testcase classname="tests.test_sse" name="test_teardown">
    <error message="failed on teardown with &quot;KeyError: 'a'&quot;">text</error>
  </testcase>
  <testcase classname="tests.test_tutorial.test_body" name="test_post" />
</testsuite></testsuites>
"""


def outcomes_of(**passed_by_file: int) -> Outcomes:
    """Return outcomes in which each file has a number of passing tests."""
    outcomes: Outcomes = {}
    for name, count in passed_by_file.items():
        file = outcomes[f"tests/{name}.py"] = FileOutcome()
        for number in range(count):
            file.add(f"test_{number}", "passed", "")
    return outcomes


def test_every_outcome_is_read_and_belongs_to_its_file() -> None:
    outcomes = parse_junit(REPORT, FILES)

    assert outcomes["tests/test_sse.py"].outcomes == {
        "test_ping": "passed",
        "test_event[a-b]": "failed",
        "TestRetry::test_once": "passed",
        "test_skipped": "skipped",
        "test_teardown": "error",
    }
    assert outcomes["tests/test_tutorial/test_body.py"].passed == 1
    assert total_passed(outcomes) == 3


def test_a_file_that_cannot_be_collected_fails_as_a_whole_and_says_why() -> None:
    broken = parse_junit(REPORT, FILES)["tests/test_broken.py"]

    assert broken.failing == {"*"}
    assert broken.messages["*"] == "ModuleNotFoundError: No module named 'fastapi.nothing'"


def test_a_message_is_its_first_line() -> None:
    messages = parse_junit(REPORT, FILES)["tests/test_sse.py"].messages

    assert messages["test_event[a-b]"] == "assert 404 == 200"


@pytest.mark.parametrize(
    ("class_name", "expected"),
    [
        ("tests.test_sse", ("tests/test_sse.py", "")),
        ("tests.test_sse.TestRetry", ("tests/test_sse.py", "TestRetry")),
        ("tests.test_sse.TestRetry.TestInner", ("tests/test_sse.py", "TestRetry::TestInner")),
        ("tests.test_tutorial.test_body", ("tests/test_tutorial/test_body.py", "")),
        ("elsewhere.test_x", ("elsewhere.test_x", "")),
    ],
)
def test_a_class_name_is_split_where_the_module_ends(
    class_name: str, expected: tuple[str, str]
) -> None:
    assert split_class_name(class_name, FILES) == expected


def test_the_same_result_is_not_worse() -> None:
    outcomes = outcomes_of(test_a=3)

    comparison = compare(outcomes, {}, {"tests/test_a.py": 3})

    assert not comparison.is_worse
    assert list(comparison_lines(comparison)) == []


def test_a_test_that_passed_and_fails_now_is_named() -> None:
    outcomes = outcomes_of(test_a=2)
    outcomes["tests/test_a.py"].add("test_new", "failed", "assert False")

    comparison = compare(outcomes, {}, {"tests/test_a.py": 3})

    assert comparison.is_worse
    assert list(comparison_lines(comparison)) == [
        "Passed before, fail now: 1",
        "  tests/test_a.py::test_new",
    ]


def test_a_known_failure_is_not_worse() -> None:
    outcomes = outcomes_of(test_a=2)
    outcomes["tests/test_a.py"].add("test_old", "failed", "assert False")
    recorded = {"tests/test_a.py": RecordedFile(2, frozenset({"test_old"}))}

    assert not compare(outcomes, recorded, {"tests/test_a.py": 3}).is_worse


def test_tests_that_do_not_run_any_more_are_counted() -> None:
    comparison = compare(outcomes_of(test_a=1), {}, {"tests/test_a.py": 3, "tests/test_b.py": 2})

    assert comparison.disappeared == {"tests/test_a.py": 2, "tests/test_b.py": 2}
    assert comparison.is_worse


def test_a_part_of_a_file_may_run_alone() -> None:
    comparison = compare(outcomes_of(test_a=1), {}, {"tests/test_a.py": 3}, whole_files=False)

    assert not comparison.is_worse


def test_a_file_that_cannot_be_collected_any_more_is_worse() -> None:
    outcomes = {"tests/test_a.py": FileOutcome({"*": "error"}, {"*": "ImportError"})}

    comparison = compare(outcomes, {}, {"tests/test_a.py": 3})

    assert comparison.newly_failing == {"tests/test_a.py": {"*"}}


def test_a_file_that_can_be_collected_at_last_is_not_worse_for_its_failures() -> None:
    outcomes = outcomes_of(test_a=1)
    outcomes["tests/test_a.py"].add("test_x", "failed", "")
    recorded = {"tests/test_a.py": RecordedFile(0, frozenset({"*"}))}

    assert not compare(outcomes, recorded, {"tests/test_a.py": 3}).is_worse


def test_what_passes_now_is_counted_as_better() -> None:
    recorded = {"tests/test_a.py": RecordedFile(2, frozenset({"test_2"}))}

    comparison = compare(outcomes_of(test_a=3), recorded, {"tests/test_a.py": 3})

    assert list(comparison_lines(comparison)) == ["Failed before, pass now: 1"]


def test_a_second_run_alone_takes_back_a_failure() -> None:
    first, second = outcomes_of(test_a=1), outcomes_of(test_a=3)
    first["tests/test_a.py"].add("test_2", "failed", "too slow")

    merge_second_run(first, second)

    assert first["tests/test_a.py"].passed == 3
    assert not first["tests/test_a.py"].failing


def test_a_second_run_that_fails_again_changes_nothing() -> None:
    first = {"tests/test_a.py": FileOutcome({"*": "error"}, {"*": "ImportError"})}

    merge_second_run(first, {"tests/test_a.py": FileOutcome({"*": "error"}, {})})

    assert first["tests/test_a.py"].failing == {"*"}


def test_a_recorded_result_is_read_back(tmp_path: Path) -> None:
    outcomes = outcomes_of(test_a=1, test_b=2)
    outcomes["tests/test_a.py"].add("test_x", "error", "KeyError")
    path = tmp_path / "results.json"

    path.write_text(
        recorded_document(outcomes, {"tests/test_a.py": 2, "tests/test_b.py": 2}, "0.165.0")
    )

    assert read_recorded(path) == {"tests/test_a.py": RecordedFile(1, frozenset({"test_x"}))}
    document = json.loads(path.read_text())
    assert (document["passed"], document["of"]) == (3, 4)


def test_nothing_recorded_yet_is_not_an_empty_record(tmp_path: Path) -> None:
    assert read_recorded(tmp_path / "results.json") is None


def test_expected_counts_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "expected.json"

    path.write_text(expected_document(outcomes_of(test_a=1, test_b=2, test_none=0), "0.165.0"))

    assert read_expected(path) == {"tests/test_a.py": 1, "tests/test_b.py": 2}


def test_the_report_names_files_that_fail_partly_wholly_or_did_not_run() -> None:
    expected = {
        "tests/test_sse.py": 4,
        "tests/test_broken.py": 9,
        "tests/test_gone.py": 2,
        "tests/test_tutorial/test_body.py": 1,
    }

    assert list(file_lines(parse_junit(REPORT, FILES), expected)) == [
        "    0 of 9     tests/test_broken.py  (not collected)",
        "    0 of 2     tests/test_gone.py  (did not run)",
        "    2 of 4     tests/test_sse.py  (1 failed, 1 errors)",
    ]


def test_the_most_frequent_reason_comes_first() -> None:
    outcomes = outcomes_of(test_a=0)
    for number in range(3):
        outcomes["tests/test_a.py"].add(f"test_{number}", "failed", "assert 404 == 200")
    outcomes["tests/test_a.py"].add("test_other", "error", "KeyError: 'x'")

    assert frequent_messages(outcomes, 1) == [("assert 404 == 200", 3)]


def test_the_total_is_out_of_all_expected_tests() -> None:
    line = total_line(outcomes_of(test_a=2), {"tests/test_a.py": 2, "tests/test_b.py": 2}, "x")

    assert line == "2 of 4 of FastAPI's tests pass on x (50.0 %)"
