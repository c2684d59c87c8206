"""The commands `pronghorn db ...`: the migrations of the database; `groups.py` has the group."""

from typing import Annotated, Any

import typer
from typing_extensions import Unpack

from pronghorn.cli.arguments import DatabaseOptions, WritingOptions, reference_of
from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.core.typed_kwargs import expand_signature

__all__ = ["db"]

db = typer.Typer(rich_markup_mode="rich")

Message = Annotated[
    str,
    typer.Option("--message", "-m", metavar="TEXT", help="What it is about, for its file name."),
]


def _open(options: DatabaseOptions | WritingOptions, **settings: Any) -> Any:
    """Return the migrations of the program's database."""
    from pronghorn.cli.database import find_database

    database = find_database(_refuse_revision(options), options["database"])
    from pronghorn.sql.migrations import Migrations

    return Migrations(database, **settings)


def _refuse_revision(options: Any) -> Any:
    """Return where the app is; Alembic's own command has the revision in that place."""
    path = options["path"]
    if path is not None and str(path) in {"head", "heads", "base"} and not path.exists():
        raise CommandError(
            f"{path} is not the path of an app", f"Write --to {path}", exit_code=USAGE
        )
    return reference_of(options)


def _open_to_write(options: WritingOptions) -> Any:
    return _open(options, lock_timeout=options["lock_timeout"], attempts=options["attempts"])


@db.command()
@expand_signature(WritingOptions)
def upgrade(
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="REVISION",
            help="A revision, the beginning of one, or +1 for the next one only. With --sql also "
            "FROM:TO.",
        ),
    ] = "head",
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the statements instead of running them.")
    ] = False,
    **options: Unpack[WritingOptions],
) -> None:
    """
    [bold]Apply[/bold] the pending migrations, each in a transaction of its own.

    Two processes may do this at the same time: the second one waits. A migration that does not get
    its locks in time is rolled back and tried again, so requests do not queue behind it for long.

    Examples:

    - [cyan]pronghorn db upgrade[/cyan]
    - [cyan]pronghorn db upgrade shop/main.py --to +1[/cyan]
    - [cyan]pronghorn db upgrade --sql > upgrade.sql[/cyan]
    """
    from pronghorn.cli.database import run

    migrations = _open_to_write(options)
    if sql:
        run(lambda: migrations.print_sql(to))
        return
    if not run(lambda: migrations.upgrade(to)):
        print("Nothing to do: no migration is pending")


@db.command()
@expand_signature(WritingOptions)
def downgrade(
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="REVISION",
            help="A revision, the beginning of one, -1 for the one before, or base for none.",
        ),
    ],
    **options: Unpack[WritingOptions],
) -> None:
    """
    [bold]Take back[/bold] migrations, down to a revision that you name.

    A downgrade may delete columns and tables, with what is in them.

    Examples:

    - [cyan]pronghorn db downgrade --to -1[/cyan]
    - [cyan]pronghorn db downgrade --to 3f2a91[/cyan]
    """
    from pronghorn.cli.database import run

    migrations = _open_to_write(options)
    if not run(lambda: migrations.downgrade(to)):
        print("Nothing to do: the database is there already")


@db.command()
@expand_signature(DatabaseOptions)
def revision(
    *,
    message: Message,
    empty: Annotated[
        bool,
        typer.Option("--empty", help="Write one without content, for changes of data or by hand."),
    ] = False,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="Write one that joins the migrations of two branches."),
    ] = False,
    **options: Unpack[DatabaseOptions],
) -> None:
    """
    [bold]Write[/bold] a migration with the differences between the models and the database.

    Read the file before you apply it: a renamed column looks like a new one and an old one. The
    first call creates the folder. If nothing differs, no file is written.

    Examples:

    - [cyan]pronghorn db revision -m 'add orders'[/cyan]
    - [cyan]pronghorn db revision -m 'fill in the countries' --empty[/cyan]
    """
    from pronghorn.cli.database import run

    migrations = _open(options)

    async def write() -> Any:
        if merge:
            return migrations.merge(message)
        return await migrations.create_revision(message, empty=empty)

    written = run(write)
    if written is None:
        print("Nothing to do: the models and the database are the same")
    else:
        print(f"Wrote {written}")


@db.command()
@expand_signature(DatabaseOptions)
def current(**options: Unpack[DatabaseOptions]) -> None:
    """
    Print the [bold]revision[/bold] of the database, and what is pending.

    Examples:

    - [cyan]pronghorn db current[/cyan]
    """
    from pronghorn.cli.database import describe, run

    migrations = _open(options)
    state = run(migrations.read_state)
    print(f"database  {migrations.database.name}, {describe(migrations.database)}")
    names = ", ".join(state.current)
    latest = f" {state.applied[0].doc}" if state.applied else ""
    print(f"revision  {names + latest if names else 'none'}")
    for label, script in zip(("pending", *[""] * 999), state.pending, strict=False):
        print(f"{label:<9} {script.revision} {script.doc}")
    if not state.pending:
        print("pending   none")


@db.command()
@expand_signature(DatabaseOptions)
def check(**options: Unpack[DatabaseOptions]) -> None:
    """
    Exit with 1 if migrations are pending, or if the models [bold]differ[/bold] from the database.

    Examples:

    - [cyan]pronghorn db check[/cyan]
    - [cyan]pronghorn db check && pronghorn run[/cyan]
    """
    from pronghorn.cli.database import run

    migrations = _open(options)
    problem = run(migrations.find_problem)
    if problem is None:
        print("The database has all migrations, and the models are the same")
        return
    raise CommandError(problem.message, problem.hint)


@db.command()
@expand_signature(DatabaseOptions)
def stamp(
    *,
    to: Annotated[
        str,
        typer.Option("--to", metavar="REVISION", help="A revision, or the beginning of one."),
    ] = "head",
    **options: Unpack[DatabaseOptions],
) -> None:
    """
    [bold]Note[/bold] that the database has the migrations already, without running them.

    For a database whose tables were made in another way, such as by metadata.create_all.

    Examples:

    - [cyan]pronghorn db stamp[/cyan]
    """
    from pronghorn.cli.database import run

    migrations = _open(options)
    run(lambda: migrations.stamp(to))
    print(f"The database counts as migrated to {to}")
