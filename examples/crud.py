"""A CRUD API in one file: notes that are kept in SQLite.

    pronghorn run examples/crud.py

Open http://127.0.0.1:8000/docs to call it. The environment variable `NOTES_DATABASE` names the
database file, which is `notes.db` by default.
"""

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from typing import Annotated

from pydantic import BaseModel, Field

from pronghorn import Depends, FastAPI, HTTPException, Path, Query, Response

SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    text TEXT NOT NULL
)
"""

Title = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=10_000)]


class NoteContent(BaseModel, extra="forbid"):
    """The fields of a note that clients write."""

    title: Title
    text: Text = ""


class NoteChanges(BaseModel, extra="forbid"):
    """The fields to change. A field that the client leaves out keeps its value."""

    title: Title = ""  # Defaults are not validated, and `exclude_unset` drops them.
    text: Text = ""


class Note(NoteContent, extra="ignore"):
    """A note as clients read it."""

    id: int


def connect() -> sqlite3.Connection:
    """Return a connection that worker threads may hand to each other."""
    file = os.environ.get("NOTES_DATABASE", "notes.db")
    connection = sqlite3.connect(file, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create the table when the server starts."""
    with closing(connect()) as connection, connection:
        connection.execute(SCHEMA)
    yield


def open_session() -> Iterator[sqlite3.Connection]:
    """Yield a connection for one request; commit after success, roll back after an error."""
    with closing(connect()) as connection, connection:
        yield connection


# The scope makes the commit happen before the response is sent: a client that has received 201
# finds its note.
Session = Annotated[sqlite3.Connection, Depends(open_session, scope="function")]
NoteId = Annotated[int, Path(ge=1, le=2**63 - 1)]

app = FastAPI(title="Notes", lifespan=lifespan)


def find_note(note_id: NoteId, session: Session) -> Note:
    """Return the note that the path names, or answer 404."""
    row = session.execute("SELECT * FROM notes WHERE id = ?", (note_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "Note not found")
    return Note(**row)


ExistingNote = Annotated[Note, Depends(find_note)]


# Endpoints that block, as SQLite does, are `def`: they run in worker threads.


@app.post("/notes", status_code=201)
def create_note(content: NoteContent, session: Session, response: Response) -> Note:
    """Keep a new note. The header `Location` says where."""
    cursor = session.execute(
        "INSERT INTO notes (title, text) VALUES (:title, :text) RETURNING *", content.model_dump()
    )
    note = Note(**cursor.fetchone())
    response.headers["Location"] = f"/notes/{note.id}"
    return note


@app.get("/notes")
def list_notes(
    session: Session,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[Note]:
    """Return a page of notes, oldest first. `after` is the last id of the page before."""
    rows = session.execute(
        "SELECT * FROM notes WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
    ).fetchall()
    return [Note(**row) for row in rows]


@app.get("/notes/{note_id}")
def read_note(note: ExistingNote) -> Note:
    """Return one note."""
    return note


@app.patch("/notes/{note_id}")
def change_note(note_id: NoteId, changes: NoteChanges, session: Session) -> Note:
    """Change the fields that the client sends."""
    sent = {"title": None, "text": None, **changes.model_dump(exclude_unset=True)}
    # One statement, so that two clients that change different fields do not undo each other.
    row = session.execute(
        "UPDATE notes SET title = coalesce(:title, title), text = coalesce(:text, text)"
        " WHERE id = :id RETURNING *",
        {**sent, "id": note_id},
    ).fetchone()
    if row is None:
        raise HTTPException(404, "Note not found")
    return Note(**row)


@app.delete("/notes/{note_id}", status_code=204)
def delete_note(note: ExistingNote, session: Session) -> None:
    """Delete one note."""
    session.execute("DELETE FROM notes WHERE id = ?", (note.id,))
