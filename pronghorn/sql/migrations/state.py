"""Find out which migrations a database has, and which ones a command means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory

from pronghorn.sql.migrations.environment import CONNECTION
from pronghorn.sql.migrations.failures import MigrationError


@dataclass(frozen=True)
class State:
    """The place of a database among the migrations.

    Attributes:
        current: The revisions of the database; empty if nothing was migrated.
        applied: Every migration that the database has.
        pending: The migrations that it lacks, the next one first.
    """

    current: tuple[str, ...]
    applied: list[Script]
    pending: list[Script]


def label_of(script: Script) -> str:
    """Return a migration for people."""
    return f"The migration {name_of(script)}"


def name_of(script: Script) -> str:
    """Return the revision of a migration, and what it is about."""
    return f"{script.revision} {script.doc}".strip()


def count(scripts: Sequence[Script]) -> str:
    """Return the number of migrations, in words that fit it."""
    return "1 migration" if len(scripts) == 1 else f"{len(scripts)} migrations"


def read_state(config: Config, scripts: ScriptDirectory) -> State:
    found: list[str] = []

    def note(current: Any, _: Any) -> list[Any]:
        found.extend(current)
        return []

    with EnvironmentContext(config, scripts, fn=note, dont_mutate=True):
        scripts.run_env()
    connection = config.attributes.get(CONNECTION)
    if connection is not None and connection.dialect.name != "sqlite":
        connection.rollback()  # Otherwise Alembic would leave the commit to others.
    return state_at(tuple(found), scripts)


def state_at(current: tuple[str, ...], scripts: ScriptDirectory) -> State:
    tops = scripts.get_all_current(current) if current else ()
    names = {
        script.revision
        for top in tops
        for script in scripts.iterate_revisions(top.revision, "base")
    }
    every = list(scripts.walk_revisions())
    return State(
        current,
        [script for script in every if script.revision in names],
        [script for script in reversed(every) if script.revision not in names],
    )


def select_pending(scripts: ScriptDirectory, pending: list[Script], to: str) -> list[Script]:
    """Return the pending migrations that lead to a revision."""
    if to.startswith("+") and to[1:].isdecimal():
        return pending[: int(to)]
    if to in {"head", "heads"}:
        return pending
    wanted = {script.revision for script in scripts.walk_revisions("base", to)}
    return [script for script in pending if script.revision in wanted]


def find_lower(scripts: ScriptDirectory, state: State, to: str) -> str:
    """Return the revision for a downgrade, which stays the same if the downgrade is repeated."""
    if not (to.startswith("-") and to[1:].isdecimal()):
        return to
    if int(to[1:]) > len(state.applied):
        raise MigrationError(
            f"Cannot go back by {to[1:]}: the database has {count(state.applied)}",
            "To take all of them back: --to base",
        )
    rest = state.applied[int(to[1:]) :]
    return rest[0].revision if rest else "base"
