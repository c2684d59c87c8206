"""Find what is wrong before anything is touched, all of it at once."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pronghorn.cli.check import find_problems
from pronghorn.cli.check_print import Found
from pronghorn.cli.database import describe, list_migrated, run, without_logs
from pronghorn.cli.errors import CommandError, missing
from pronghorn.cli.jobs_find import list_known
from pronghorn.cli.unsafe import CODES, Unsafe
from pronghorn.core.setup_errors import did_you_mean
from pronghorn.deploy.extras import find_missing_extras
from pronghorn.deploy.git import GitError, list_changes
from pronghorn.deploy.image import check_image
from pronghorn.deploy.plan import reference_of_app
from pronghorn.deploy.storage import find_lost_files
from pronghorn.deploy.target import Plan, Target
from pronghorn.deploy.written import FileState, is_ours

__all__ = ["Checked", "check_project", "check_target", "find_changes"]

#: Seconds for a database that may not be reachable from here.
_SECONDS = 5.0
#: `pronghorn run` serves, and has the limit itself. Jobs that wait are what a deploy may be for.
_HARMLESS = ("body-limit", "jobs-worker")
_LACKS_PACKAGE = re.compile(r"imports \w.*, which does not exist here")
_TAKES_AWAY = re.compile(r"\.(drop_table|drop_column|rename_table)\(|new_column_name\s*=")


@dataclass(frozen=True)
class Checked:
    """The result of looking at the program.

    Attributes:
        plan: The plan, with what only the imported program knows.
        problems: What has to be corrected, one sentence each.
        notes: What the user should know.
    """

    plan: Plan
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_project(plan: Plan, *, allow_dirty: bool, written: list[str]) -> Checked:
    """Look at the folder and at the program, which is imported.

    Args:
        plan: The plan.
        allow_dirty: Build also what was not committed.
        written: The files that a deploy writes, which need not be committed.
    """
    checked = Checked(plan)
    if plan.build:
        checked.problems.extend(_check_folder(plan, allow_dirty=allow_dirty, written=written))
    checked.problems.extend(_check_allowed(plan))
    try:
        found = find_problems(reference_of_app(plan.config), databases=False)
    except CommandError as error:
        advice = "; install its packages here too, such as with `pip install -e .`"
        end = advice if _LACKS_PACKAGE.search(_one_line(error)) else ""
        checked.problems.append(f"the application cannot be imported: {_one_line(error)}{end}")
        return checked
    checked.notes.extend(_note_jobs(plan))
    report = found.judge(strict=True, allowed=[*plan.config.allow, *_HARMLESS])
    checked.problems.extend(_one_line(mistake) for mistake in found.mistakes)
    checked.problems.extend(map(_describe_unsafe, report.unsafe))
    checked.problems.extend(_check_probes(found, plan))
    checked.problems.extend(_check_settings(plan))
    if plan.build:
        checked.notes.extend(find_missing_extras(plan, found.program.app))
    return _check_migrations(replace(checked, plan=replace(plan, app=found.name)))


def check_target(target: Target, plan: Plan, states: list[FileState], *, force: bool) -> list[str]:
    """Return what is wrong for a target: its tools, its secrets, its files.

    Args:
        target: The target.
        plan: The plan.
        states: The files and what is in their place.
        force: Replace files that somebody has changed.
    """
    problems = [*target.check(plan), *find_lost_files(target.name, plan, states)]
    if target.takes_secrets:
        problems += [
            f"the secret {name} has no value: set the variable, or name a file with --env-file"
            for name in plan.missing_secrets
        ]
    if not force:
        problems += [
            f"{one.file.path} was changed by hand, and so was the configuration: --force writes it "
            "again, and without its first line it is yours"
            for one in states
            if one.state == "both"
        ]
    return problems


def _describe_unsafe(one: Unsafe) -> str:
    """Return an unsafe setting as one sentence, with the setting of ours that allows it."""
    option, setting = f"--allow {one.code}", f'allow = ["{one.code}"]'
    write = one.write.removesuffix(".").replace(option, setting)
    write = write[:1].lower() + write[1:]
    end = "" if setting in write else f"; {setting} if that is meant"
    return f"{one.message} ({one.code}): {write}{end}"


def _check_folder(plan: Plan, *, allow_dirty: bool, written: list[str]) -> Iterator[str]:
    yield from check_image(plan.folder, plan.config.dockerfile, plan.config.secrets)
    try:
        changes = [] if allow_dirty else find_changes(plan.folder, written)
    except GitError as error:
        yield f"{error}; write --allow-dirty to build what is there"
        return
    if changes:
        more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
        yield f"{changes[0]}{more} is not committed: commit it, or write --allow-dirty"


def find_changes(folder: Path, written: list[str]) -> list[str]:
    """Return the files that are not committed, without those that a deploy has written.

    Args:
        folder: The folder of the project.
        written: The files that this deploy writes.

    Raises:
        GitError: git does not say.
    """
    changes = list_changes(folder, without=written)
    return [path for path in changes if not is_ours(folder / path)]


def _note_jobs(plan: Plan) -> Iterator[str]:
    if list_known() and not plan.config.jobs:
        yield (
            "the program has jobs, and nobody runs them there: write jobs = 1 into "
            "[tool.pronghorn.deploy] for a container that does"
        )


def _check_allowed(plan: Plan) -> Iterator[str]:
    for name in plan.config.allow:
        if name not in CODES:
            close = did_you_mean(name, CODES)
            meant = f"did you mean {close}?" if close else f"there are {', '.join(CODES)}"
            yield f"allow has the unknown name {name!r}: {meant}"


def _check_probes(found: Found, plan: Plan) -> Iterator[str]:
    probes = getattr(found.program.app, "_probes", None)
    paths = {listed.row.path for listed in found.program.routes}
    answered = probes.paths if probes is not None else []
    paths |= set(answered)
    config = plan.config
    absent = [path for path in (config.live, config.ready) if path not in paths]
    if absent and probes is None:
        yield (
            f"the application does not answer {' and '.join(absent)}, so nobody knows when it is "
            "ready: write app.health(ready=[...])"
        )
    elif absent:
        have = ", ".join(sorted(answered))
        yield f"the application does not answer {' and '.join(absent)}; its probes are {have}"


def _check_settings(plan: Plan) -> Iterator[str]:
    """Yield the variables without which the settings of the program cannot be read."""
    from pronghorn.cli.audited import list_settings

    file = plan.folder / plan.config.dockerfile
    image = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    given = {name.upper() for name in (*plan.config.env, *plan.config.secrets)}
    for kind in {type(one) for one in list_settings()}:
        for name in _list_required(kind):
            if not {name, f"{name}_FILE"} & given and f"{name}=" not in image:
                yield f"the setting {name} has no value there: name it in secrets, or in env"


def _list_required(kind: Any) -> list[str]:
    from pronghorn.settings.reading import variables_of

    fields = kind.model_fields.items()
    simple = [name for name, one in fields if one.is_required() and not _is_model(one.annotation)]
    return [variables[0] for name in simple if len(variables := variables_of(kind, name)) == 1]


def _is_model(annotation: Any) -> bool:
    """Return whether a field has fields, which have variables of their own."""
    return hasattr(annotation, "model_fields")


# --- migrations -----------------------------------------------------------------------------------


def _check_migrations(checked: Checked) -> Checked:
    """Add whether there are migrations, and what is pending where that can be seen from here."""
    plan = checked.plan
    databases = [] if missing("sqlalchemy", "alembic") else list_migrated()
    have_some = False
    for database in databases:
        from pronghorn.sql.migrations import MigrationError, Migrations

        migrations = Migrations(database, say=lambda _: None)
        if not migrations.folder.exists():
            continue
        have_some = True
        try:
            migrations.folder.read()
        except MigrationError as error:
            checked.problems.append(_one_line(CommandError(error.message, error.hint)))
            continue
        _note_pending(checked, migrations)
    if plan.config.migrate and not have_some:
        checked.problems.append("migrate is true, and the program has no folder of migrations")
    if plan.config.migrate is None:
        plan = replace(plan, migrate=have_some)
    return replace(checked, plan=plan)


def _note_pending(checked: Checked, migrations: Any) -> None:
    pending = _read_pending(migrations)
    if isinstance(pending, str):
        checked.notes.append(f"whether migrations are pending is not known here: {pending}")
        return
    if not pending:
        return
    names = ", ".join(f"{script.revision} {script.doc}" for script in pending)
    if checked.plan.config.migrate is False:
        checked.problems.append(f"migrate is false, and migrations are pending: {names}")
        return
    checked.notes.append(f"pending in {describe(migrations.database)}: {names}")
    for script in pending:
        if _TAKES_AWAY.search(_source_of(script)):
            checked.notes.append(
                f"{script.revision} {script.doc} drops or renames something, which the old version "
                "still uses until the new one is ready"
            )


def _read_pending(migrations: Any) -> list[Any] | str:
    """Return the pending migrations, or why the database does not tell."""
    try:
        with without_logs():
            state = run(partial(_read_in_time, migrations))
    except CommandError as error:
        return error.message
    except Exception as error:  # noqa: BLE001 - drivers raise what they like; it is only a note
        return f"the database {migrations.database.name} does not answer ({type(error).__name__})"
    return list(state.pending)


async def _read_in_time(migrations: Any) -> Any:
    return await asyncio.wait_for(migrations.read_state(), _SECONDS)


def _source_of(script: Any) -> str:
    try:
        return inspect.getsource(script.module.upgrade)
    except (OSError, TypeError, AttributeError):
        return Path(script.path).read_text(encoding="utf-8", errors="replace")


def _one_line(error: CommandError) -> str:
    hint = error.hint.strip().splitlines()
    return f"{error.message} ({hint[0].strip()})" if hint else error.message
