"""Refuse a session that belongs to another database than the battery that is to write with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pronghorn.core.setup_errors import user_error
from pronghorn.sql.urls import complete_url

if TYPE_CHECKING:
    from pronghorn.sql.database import Database

#: The place of a file of SQLite that is none.
_IN_MEMORY = ("sqlite", None)


def refuse_foreign(db: Database, session: Any, call: str) -> None:
    """Refuse a session of another database: its rows would be where nobody looks for them.

    Args:
        db: The database of the battery.
        session: The session of the caller; None is not refused.
        call: What was called with it, for people.

    Raises:
        SetupError: The session sends its statements to another database.
    """
    bind = getattr(session, "bind", None)
    if bind is None or bind is db.engine:
        return
    theirs, ours = bind.engine.url, db.engine.url
    if _place(theirs) == _place(ours):
        return
    raise user_error(
        f"{call} was given a session of {theirs.render_as_string()}, but its rows are kept in "
        f"{ours.render_as_string()}",
        "the program has two databases, and the session is that of the other one",
        "the session of the same database; or leave session= out, and it is a commit of its own",
    )


def is_same_database(first: Database, second: Database) -> bool:
    """Return whether two objects are one, or have the address of the same database.

    Those in the memory of a process are never the same.
    """
    if first is second:
        return True
    one, other = _place(complete_url(first.url)), _place(complete_url(second.url))
    return one == other and one != _IN_MEMORY


def _place(url: Any) -> tuple[Any, ...]:
    """Return what two addresses of the same database have in common."""
    name = url.get_backend_name()
    if name == "sqlite":
        is_file = url.database and url.database != ":memory:" and "file:" not in url.database
        return (name, Path(url.database).resolve() if is_file else None)
    return (name, url.host, url.port, url.database)
