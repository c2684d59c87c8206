"""The steps of `pronghorn deploy`: check, write, hand over, wait, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pronghorn.cli.errors import CommandError, MissingExtraError, missing
from pronghorn.deploy.checks import Checked, check_project, check_target, find_changes
from pronghorn.deploy.git import GitError, read_tag
from pronghorn.deploy.interrupts import interruptible
from pronghorn.deploy.plan import choose_target, make_plan
from pronghorn.deploy.printing import print_line, safely
from pronghorn.deploy.target import Outcome, Plan, Say, Target, load_target
from pronghorn.deploy.written import FileState, compare, text_of, write

__all__ = ["NOT_CONFIRMED", "DeployOptions", "deploy", "open_target", "rollback"]

NOT_CONFIRMED = 3
"""Exit code of a deploy of which nobody could find out how it ended."""


@dataclass(frozen=True)
class DeployOptions:
    """The options of the command.

    Attributes:
        target: The name of the target; None for that of the configuration.
        dry_run: Print what would be written, and touch nothing.
        build: Build the image.
        timeout: Seconds in which the new version has to be ready.
        tag: The version; the commit by default.
        force: Replace files that somebody has changed.
        allow_dirty: Build also what was not committed.
    """

    target: str | None = None
    dry_run: bool = False
    build: bool = True
    timeout: float | None = None
    tag: str | None = None
    force: bool = False
    allow_dirty: bool = False


def deploy(options: DeployOptions) -> int:
    """Deploy the program of the working directory.

    Returns:
        0 if the new version is ready, or if the files are written and somebody else does the
        rest; 1 if it failed; `NOT_CONFIRMED` if nobody knows.

    Raises:
        CommandError: Something is wrong with the configuration or the program; nothing was
            touched.
    """
    target, plan = open_target(
        options.target, tag=options.tag, build=options.build, timeout=options.timeout
    )
    print_line(f"Checking {plan.config.name} for {target.name}")
    written = [str(file.path) for file in target.files(_with_tag(plan, "unknown"))]
    checked = check_project(plan, allow_dirty=options.allow_dirty, written=written)
    plan = _with_tag(checked.plan, options.tag or _find_tag(checked.plan, written))
    states = compare(plan.folder, target.files(plan))
    if not options.dry_run:
        checked.problems.extend(check_target(target, plan, states, force=options.force))
    for note in dict.fromkeys(checked.notes):
        print_line(f"Note: {plan.hide(note)}")
    _refuse(checked)
    if options.dry_run:
        _print_files(states)
        _print_rest(plan, check_target(target, plan, states, force=options.force))
        return 0
    for one in write(plan.folder, states, force=options.force):
        if one.what:
            print_line(one.what)
    return _report(plan, target, "deploy", _hand_over(target.release, plan))


def rollback(name: str | None, *, tag: str | None, timeout: float | None) -> int:
    """Return to the version before, or to a version by its tag.

    Returns:
        The exit code; see `deploy`.
    """
    target, plan = open_target(name, tag=tag, timeout=timeout)
    return _report(plan, target, "rollback", _hand_over(target.rollback, plan))


def open_target(
    name: str | None,
    *,
    tag: str | None = None,
    build: bool = True,
    timeout: float | None = None,
) -> tuple[Target, Plan]:
    """Return the target and the plan for the working directory.

    Raises:
        MissingExtraError: The packages of the extra `deploy` are not installed.
        CommandError: The configuration has mistakes.
    """
    if absent := missing("yaml"):
        raise MissingExtraError(tuple("pyyaml" for _ in absent), "deploy")
    plan = make_plan(Path.cwd(), tag=tag, build=build, timeout=timeout)
    return load_target(choose_target(name, plan.config)), plan


def _with_tag(plan: Plan, tag: str) -> Plan:
    return replace(plan, tag=tag)


def _find_tag(plan: Plan, written: list[str]) -> str:
    try:
        is_clean = not find_changes(plan.folder, written)
    except GitError:
        is_clean = False
    return read_tag(plan.folder, is_clean=is_clean)


def _refuse(checked: Checked) -> None:
    problems = list(dict.fromkeys(map(checked.plan.hide, checked.problems)))
    if not problems:
        return
    count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = [f"- {problem}" for problem in problems]
    raise CommandError(
        f"Nothing was deployed, and what runs was not touched: {count}", "\n".join(lines)
    )


def _print_files(states: list[FileState]) -> None:
    for one in states:
        if one.state in {"changed", "foreign"}:
            print(f"\n# ---- {one.file.path} is yours, and would be used as it is")
            continue
        print(f"\n# ---- {one.file.path}")
        print(text_of(one.file), end="")


def _print_rest(plan: Plan, problems: list[str]) -> None:
    """Say how a dry run ended, with what would stop a deploy from here."""
    print("\nThis was a dry run: nothing was written, built or sent")
    for problem in dict.fromkeys(problems):
        print(f"Note: a deploy from here would be refused: {plan.hide(problem)}")


def _hand_over(step: Callable[[Plan, Say], Outcome], plan: Plan) -> Outcome:
    """Run a release or a rollback; SIGTERM and a closed terminal interrupt it as Ctrl+C does."""
    with interruptible():
        try:
            outcome = step(plan, lambda line: print_line(plan.hide(line)))
        except KeyboardInterrupt:
            return Outcome("unknown", "it was interrupted")
    return outcome


def _report(
    plan: Plan, target: Target, what: Literal["deploy", "rollback"], outcome: Outcome
) -> int:
    message = plan.hide(outcome.message)
    if outcome.state in {"ready", "written"}:
        print_line(f"{message[:1].upper()}{message[1:]}")
        return 0
    if outcome.state == "unknown":
        hint = f"Look with: pronghorn deploy status {target.name}"
        version = "the version before" if what == "rollback" else "the new version"
        error = CommandError(f"It is not known whether {version} serves: {message}", hint)
        safely(error.print)
        return NOT_CONFIRMED
    ending = {True: "the old version serves", False: "no version serves", None: ""}
    end = ending[outcome.old_serves]
    safely(CommandError(f"The {what} failed: {message}" + (f"; {end}" if end else "")).print)
    return 1
