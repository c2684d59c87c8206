"""`make conformance`: run FastAPI's own test suite on pronghorn and compare with the known gaps.

    make conformance                                   everything
    make conformance ARGS="tests/test_sse.py -k ping"  a part, with the reason of each failure
    PRONGHORN_GENERAL=1 make conformance               everything, with the short ways switched off

Exits with 1 when a test fails that `tests/conformance/gaps.toml` does not explain, when a test
passes that it lists, or when fewer than 5,150 tests pass.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tools.conformance import outcomes as judge
from tools.conformance import report, suite
from tools.conformance.gaps import Verdict, read_gaps
from tools.conformance.gaps import judge as judge_outcomes
from tools.environment import PreparationError

RECORD_FOLDER = suite.ROOT / "tests" / "conformance"
EXPECTED = RECORD_FOLDER / "expected.json"
GAPS = RECORD_FOLDER / "gaps.toml"
FLOOR = 5_150
FILES_RUN_AGAIN = 10


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="make conformance", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("paths", nargs="*", help="test files of the suite; all without one")
    parser.add_argument("--only", action="append", default=[], metavar="PATH", dest="only")
    parser.add_argument("-k", dest="keyword", help="as pytest's -k")
    parser.add_argument("-v", dest="verbose", action="store_true", help="name each failing test")
    parser.add_argument("--workers", type=int, default=suite.default_workers())
    parser.add_argument("--plugin", default="pronghorn.as_fastapi", help=argparse.SUPPRESS)
    parser.add_argument("--python", type=Path, help=argparse.SUPPRESS)
    parser.add_argument(
        "--reference", action="store_true", help="run on FastAPI itself and record what passes"
    )
    options = parser.parse_args(arguments)
    options.selection = [*options.paths, *options.only]
    if options.keyword:
        options.selection += ["-k", options.keyword]
    if options.selection and options.reference:
        parser.error("Only a complete run can be recorded.")
    return options


def make_run(options: argparse.Namespace) -> suite.Run:
    """Prepare the suite and its environment."""
    name = "reference" if options.reference else "suite"
    folder = suite.unpack(name, keep_package=options.reference)
    python = options.python or suite.prepare_environment(folder)
    plugin = None if options.reference else options.plugin
    return suite.Run(python, folder, plugin, options.workers, options.selection)


def select_files(
    expected: dict[str, int], selection: Iterable[str], folder: Path
) -> dict[str, int]:
    """Return the part of the expected files that a selection covers."""
    paths = [part for part in selection if (folder / part.split("::")[0]).exists()]
    if not paths:
        return expected
    prefixes = tuple(path.split("::")[0].rstrip("/") for path in paths)
    return {
        name: count
        for name, count in expected.items()
        if any(name == prefix or name.startswith(prefix + "/") for prefix in prefixes)
    }


def run_again_alone(
    run: suite.Run, files: list[str], outcomes: judge.Outcomes, verdict: Verdict
) -> bool:
    """Run a few files whose tests do not end as expected once more, one test at a time.

    A test that depends on the clock may fail on a busy machine; one of a known gap may pass, such
    as one that requires the head of a stream before its first part. Returns whether anything was
    run.
    """
    paths = verdict.doubtful_files
    if not paths or len(paths) > FILES_RUN_AGAIN:
        return False
    print(f"Running {len(paths)} files again, alone ...", flush=True)
    xml = suite.run_suite(replace(run, workers=0, selection=paths), "again.xml")
    judge.merge_second_run(outcomes, judge.parse_junit(xml, files), verdict.closed)
    return True


def print_section(title: str, lines: Iterable[str]) -> None:
    """Print lines under a title; nothing if there are none."""
    content = list(lines)
    if content:
        print(f"\n{title}")
        print("\n".join(content))


def record_reference(outcomes: judge.Outcomes) -> int:
    """Record the tests that pass on FastAPI itself."""
    EXPECTED.write_text(judge.write_expected(outcomes, suite.VERSION), encoding="utf-8")
    print_section("Not passing", report.failure_lines(outcomes))
    print(f"\n{judge.total_passed(outcomes):,} tests pass on FastAPI {suite.VERSION} itself.")
    return 0


def judge_run(run: suite.Run, options: argparse.Namespace) -> int:
    """Run the suite on pronghorn, print the result, and return the exit status."""
    expected = select_files(judge.read_expected(EXPECTED), options.selection, run.folder)
    gaps = read_gaps(GAPS)
    files = suite.test_files(run.folder)
    outcomes = judge.parse_junit(suite.run_suite(run), files)
    whole_files = not any("::" in part or part == "-k" for part in options.selection)
    verdict = judge_outcomes(outcomes, gaps, expected, whole_files=whole_files)
    if whole_files and run_again_alone(run, files, outcomes, verdict):
        verdict = judge_outcomes(outcomes, gaps, expected)

    print_outcomes(outcomes, expected if whole_files else {}, options)
    print_section("Compared with the known gaps", report.verdict_lines(verdict))
    general = os.environ.get("PRONGHORN_GENERAL") == "1"
    subject = "pronghorn in the general way" if general else "pronghorn"
    print(f"\n{report.total_line(outcomes, expected, subject)}")
    return exit_status(outcomes, verdict, options)


def print_outcomes(
    outcomes: judge.Outcomes, expected: dict[str, int], options: argparse.Namespace
) -> None:
    """Print the files that do not pass, the frequent reasons, and, when asked, each failure."""
    failures = list(report.failure_lines(outcomes))
    (suite.WORK / "failures.txt").write_text("\n".join(failures) + "\n", encoding="utf-8")
    print_section("Files that do not pass completely", report.file_lines(outcomes, expected))
    print_section("Most frequent reasons", report.message_lines(outcomes))
    if options.verbose or options.selection:
        print_section("Not passing", failures)


def exit_status(outcomes: judge.Outcomes, verdict: Verdict, options: argparse.Namespace) -> int:
    """Return 1 if the run differs from the list of gaps, or is below the floor."""
    if not verdict.is_right:
        print(f"Not as {GAPS.relative_to(suite.ROOT)} says.")
        return 1
    if not options.selection and judge.total_passed(outcomes) < FLOOR:
        print(f"Below the floor of {FLOOR:,}.")
        return 1
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the judge. Returns the exit status."""
    options = parse_arguments(arguments)
    started = time.monotonic()
    try:
        run = make_run(options)
        if options.reference:
            xml = suite.run_suite(run, "reference.xml")
            return record_reference(judge.parse_junit(xml, suite.test_files(run.folder)))
        status = judge_run(run, options)
    except PreparationError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"{time.monotonic() - started:.0f} s; details in .conformance/failures.txt and report.log"
    )
    return status


if __name__ == "__main__":
    sys.exit(main())
