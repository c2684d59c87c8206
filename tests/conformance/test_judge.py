"""The judge reads the outcome of every test, and reports those that are not known gaps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.conformance.gaps import Gap, judge, read_gaps
from tools.conformance.outcomes import (
    FileOutcome,
    Outcomes,
    frequent_messages,
    merge_second_run,
    parse_junit,
    read_expected,
    split_class_name,
    total_passed,
    write_expected,
)
from tools.conformance.report import file_lines, total_line, verdict_lines
from tools.environment import PreparationError

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


SKIPPED = """<testsuites><testsuite name="pytest" tests="1">
  <testcase classname="" name="tests.test_sse"><skipped message="collection skipped"
    >('utils.py', 29, 'Skipped: {}')</skipped></testcase>
</testsuite></testsuites>
"""


@pytest.mark.parametrize(
    ("reason", "missing"),
    [("requires python3.13-", {}), ("could not import orjson", {"tests/test_sse.py": 2})],
)
def test_a_file_may_skip_itself_only_because_of_the_python(
    reason: str, missing: dict[str, int]
) -> None:
    outcomes = parse_junit(SKIPPED.format(reason), FILES)
    assert judge(outcomes, [], {"tests/test_sse.py": 2}).missing == missing


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


def gap(*tests: str, file: str = "tests/test_a.py") -> Gap:
    """Return a gap of the one file that these tests judge."""
    return Gap(file, tests, "It reads a private name.")


def test_a_run_without_failures_and_gaps_is_right() -> None:
    verdict = judge(outcomes_of(test_a=3), [], {"tests/test_a.py": 3})

    assert verdict.is_right
    assert list(verdict_lines(verdict)) == []


def test_a_failing_test_that_is_no_gap_is_named() -> None:
    outcomes = outcomes_of(test_a=2)
    outcomes["tests/test_a.py"].add("test_new", "failed", "assert False")

    verdict = judge(outcomes, [], {"tests/test_a.py": 3})

    assert not verdict.is_right
    assert verdict.doubtful_files == ["tests/test_a.py"]
    assert list(verdict_lines(verdict)) == [
        "Fail, and gaps.toml does not say why: 1",
        "  tests/test_a.py::test_new",
    ]


def test_a_gap_may_fail_and_may_not_pass() -> None:
    outcomes = outcomes_of(test_a=2)
    outcomes["tests/test_a.py"].add("test_old", "failed", "assert False")
    expected = {"tests/test_a.py": 3}

    assert judge(outcomes, [gap("test_old")], expected).is_right
    verdict = judge(outcomes, [gap("test_old", "test_1")], expected)
    assert not verdict.is_right
    assert verdict.doubtful_files == ["tests/test_a.py"]
    assert list(verdict_lines(verdict)) == [
        "Pass, and gaps.toml lists them: remove them there: 1",
        "  tests/test_a.py::test_1",
    ]


def test_a_gap_without_parameters_stands_for_all_of_them() -> None:
    outcomes = outcomes_of(test_a=0)
    for parameter in ("x", "y"):
        outcomes["tests/test_a.py"].add(f"test_old[{parameter}]", "failed", "")
    expected = {"tests/test_a.py": 2}

    assert judge(outcomes, [gap("test_old")], expected).is_right
    assert judge(outcomes, [gap("test_old[x]", "test_old[y]")], expected).is_right
    only_one = judge(outcomes, [gap("test_old[x]")], expected)
    assert only_one.unexplained == {"tests/test_a.py": {"test_old[y]"}}


def test_a_gap_that_belongs_to_no_test_is_named() -> None:
    verdict = judge(outcomes_of(test_a=1), [gap("test_gone")], {"tests/test_a.py": 1})

    assert verdict.unknown == {"tests/test_a.py": {"test_gone"}}
    assert not verdict.is_right


def test_a_gap_of_a_file_that_was_not_run_says_nothing() -> None:
    other = gap("test_old", file="tests/test_b.py")

    assert judge(outcomes_of(test_a=1), [other], {"tests/test_a.py": 1}).is_right


def test_a_file_that_cannot_be_collected_is_a_gap_without_tests() -> None:
    outcomes = {"tests/test_a.py": FileOutcome({"*": "error"}, {"*": "ImportError"})}
    expected = {"tests/test_a.py": 3}

    assert judge(outcomes, [], expected).unexplained == {"tests/test_a.py": {"*"}}
    assert judge(outcomes, [gap()], expected).is_right
    collected = judge(outcomes_of(test_a=3), [gap()], expected)
    assert collected.unknown == {"tests/test_a.py": {"*"}}


def test_tests_that_do_not_run_are_counted() -> None:
    expected = {"tests/test_a.py": 3, "tests/test_b.py": 2}

    verdict = judge(outcomes_of(test_a=1), [], expected)

    assert verdict.missing == expected | {"tests/test_a.py": 2}
    assert not verdict.is_right


def test_a_part_of_a_file_may_run_alone() -> None:
    verdict = judge(
        outcomes_of(test_a=1), [gap("test_old")], {"tests/test_a.py": 3}, whole_files=False
    )

    assert verdict.is_right


def test_gaps_are_read(tmp_path: Path) -> None:
    path = tmp_path / "gaps.toml"
    path.write_text(
        """
[[gap]]
file = "tests/test_a.py"
tests = ["test_x", "test_y[1]"]
why = "It patches a private name."

[[gap]]
file = "tests/test_b.py"
why = "It imports a private module."
"""
    )

    assert read_gaps(path) == [
        Gap("tests/test_a.py", ("test_x", "test_y[1]"), "It patches a private name."),
        Gap("tests/test_b.py", (), "It imports a private module."),
    ]
    assert read_gaps(tmp_path / "none.toml") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[gap]]\nfile = "tests/test_a.py"\n', r"gap 1 \(tests/test_a.py\): `why` must say"),
        ('[[gap]]\nwhy = "So."\n', "gap 1: write `file`"),
        ('[[gap]]\nfile = "a"\ntests = []\nwhy = "So."\n', "gap 1: write `file`"),
        ('[[gap]]\nfile = "a"\ntest = "b"\nwhy = "So."\n', "gap 1: write `file`"),
        ("[[gap]\n", "is no TOML"),
    ],
)
def test_an_incomplete_gap_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "gaps.toml"
    path.write_text(text)

    with pytest.raises(PreparationError, match=message):
        read_gaps(path)


def test_the_known_gaps_are_complete_sentences_about_files_of_the_suite() -> None:
    folder = Path(__file__).parent
    expected = read_expected(folder / "expected.json")
    gaps = read_gaps(folder / "gaps.toml")

    assert gaps
    for known in gaps:
        assert known.file in expected
        assert known.why.endswith(".")
        assert len(known.why) > len("It differs.")


def test_a_known_gap_reads_a_private_name_or_quotes_an_intended_difference() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explain" / "differences.md").read_text("utf-8")
    titles = {
        title.removesuffix(".") for title in re.findall(r"^\*\*(.+?)\*\*", page, re.MULTILINE)
    }

    for known in read_gaps(Path(__file__).parent / "gaps.toml"):
        quoted = re.search(r"\(difference: (.+)\)\.$", known.why)
        if quoted is None:
            assert "private" in known.why
        else:
            assert known.why.startswith("Requires ")
            assert quoted[1] in titles


def test_a_second_run_alone_takes_back_a_failure() -> None:
    first, second = outcomes_of(test_a=1), outcomes_of(test_a=3)
    first["tests/test_a.py"].add("test_2", "failed", "too slow")

    merge_second_run(first, second, {})

    assert first["tests/test_a.py"].passed == 3
    assert not first["tests/test_a.py"].failing


def test_a_second_run_alone_takes_back_that_a_gap_passes() -> None:
    first, second = outcomes_of(test_a=3), outcomes_of(test_a=1)
    second["tests/test_a.py"].add("test_1", "failed", "assert 500 == 200")
    second["tests/test_a.py"].add("test_2", "failed", "too slow this time")

    merge_second_run(first, second, {"tests/test_a.py": {"test_1"}})

    assert first["tests/test_a.py"].failing == {"test_1"}
    assert first["tests/test_a.py"].messages["test_1"] == "assert 500 == 200"


def test_a_second_run_that_fails_again_changes_nothing() -> None:
    first = {"tests/test_a.py": FileOutcome({"*": "error"}, {"*": "ImportError"})}

    merge_second_run(first, {"tests/test_a.py": FileOutcome({"*": "error"}, {})}, {})

    assert first["tests/test_a.py"].failing == {"*"}


def test_expected_counts_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "expected.json"

    path.write_text(write_expected(outcomes_of(test_a=1, test_b=2, test_none=0), "0.165.0"))

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
