"""Look at what runs: `pronghorn deploy status|logs|env`."""

from __future__ import annotations

from pronghorn.cli.errors import FAILURE, CommandError
from pronghorn.cli.tables import print_rows
from pronghorn.deploy.flow import open_target
from pronghorn.deploy.tool import INTERRUPTED, NOT_FOUND

__all__ = ["print_env", "print_logs", "print_status"]


def print_status(name: str | None) -> int:
    """Print each part with its state; return 1 if nothing runs."""
    target, plan = open_target(name)
    rows = target.status(plan)
    if not rows:
        CommandError(f"Nothing of {plan.config.name} runs", "Start it: pronghorn deploy").print()
        return FAILURE
    print_rows(("Part", "State", "Detail"), [[plan.hide(cell) for cell in row] for row in rows])
    return 0


def print_logs(name: str | None, *, follow: bool, lines: int) -> int:
    """Print the logs; return the exit code, which is 0 after Ctrl+C.

    Raises:
        CommandError: The program of the target is not installed.
    """
    target, plan = open_target(name)
    code = target.logs(plan, follow=follow, lines=lines)
    if code == NOT_FOUND:
        program = "docker" if target.name == "compose" else target.name
        raise CommandError(f"{program} is not installed, or not in a folder of PATH")
    return 0 if code == INTERRUPTED else code


def print_env(name: str | None) -> None:
    """Print the variables of the service, without the values of secrets."""
    target, plan = open_target(name)
    shown = {True: "yes", False: "no", None: "unknown"}
    rows = [
        (one.name, one.kind, shown[one.is_set], "" if one.kind == "secret" else one.value)
        for one in target.env(plan)
    ]
    if not rows:
        print("There are neither variables nor secrets in [tool.pronghorn.deploy]")
        return
    print_rows(("Variable", "Kind", "Set", "Value"), rows)
