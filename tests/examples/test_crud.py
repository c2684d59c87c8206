"""The CRUD example: the responses of each operation, and notes that survive a restart."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import crud
from pronghorn.testclient import TestClient

from .servers import serve, stop

LAMP = {"title": "Lamp", "text": "Buy one"}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of the started application, on a database file of this test."""
    monkeypatch.setenv("NOTES_DATABASE", str(tmp_path / "notes.db"))
    with TestClient(crud.app) as client:
        yield client


def test_a_note_is_created_read_changed_and_deleted(client: TestClient) -> None:
    created = client.post("/notes", json=LAMP)
    assert (created.status_code, created.json()) == (201, {"id": 1, **LAMP})
    place = created.headers["Location"]
    assert client.get(place).json() == {"id": 1, **LAMP}
    changed = client.patch(place, json={"text": ""})
    assert (changed.status_code, changed.json()) == (200, {"id": 1, "title": "Lamp", "text": ""})
    assert client.get(place).json() == changed.json()
    deleted = client.delete(place)
    assert (deleted.status_code, deleted.content) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        answer = client.request(method, place, json={} if method == "PATCH" else None)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Note not found"})


def test_notes_come_in_pages(client: TestClient) -> None:
    for number in range(5):
        client.post("/notes", json={"title": str(number)})
    first = client.get("/notes?limit=3").json()
    assert [note["title"] for note in first] == ["0", "1", "2"]
    rest = client.get(f"/notes?limit=3&after={first[-1]['id']}").json()
    assert [note["title"] for note in rest] == ["3", "4"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": "x" * 201},
        {"title": "x", "text": None},
        {"title": "x", "id": 7},
        {"title": "\ud800"},  # Half of a character: SQLite could not write it.
    ],
)
def test_a_note_that_does_not_fit_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.post("/notes", content=json.dumps(body), headers=headers)
    assert response.status_code == 422
    assert client.get("/notes").json() == []


@pytest.mark.parametrize("changes", [{"title": ""}, {"title": None}, {"id": 7}])
def test_changes_that_do_not_fit_change_nothing(
    client: TestClient, changes: dict[str, Any]
) -> None:
    client.post("/notes", json=LAMP)
    assert client.patch("/notes/1", json=changes).status_code == 422
    assert client.get("/notes/1").json() == {"id": 1, **LAMP}


def test_changes_of_two_fields_at_once_are_both_kept(client: TestClient, tmp_path: Path) -> None:
    client.post("/notes", json=LAMP)
    with (
        closing(sqlite3.connect(tmp_path / "notes.db")) as other,
        ThreadPoolExecutor() as threads,
    ):
        other.execute("BEGIN IMMEDIATE")  # Both changes wait until this transaction ends.
        changes = [{"title": "Desk"}, {"text": "Sell it"}]
        answers = [threads.submit(client.patch, "/notes/1", json=change) for change in changes]
        time.sleep(0.3)  # A change that reads the note before it writes has read it by now.
        other.rollback()
        assert [answer.result().status_code for answer in answers] == [200, 200]
    assert client.get("/notes/1").json() == {"id": 1, "title": "Desk", "text": "Sell it"}


@pytest.mark.parametrize("note_id", ["0", "-1", "one", str(2**63), "9" * 5000])
def test_an_id_that_cannot_be_one_is_refused(client: TestClient, note_id: str) -> None:
    assert client.get(f"/notes/{note_id}").status_code == 422


def test_runs_as_a_process_and_keeps_its_notes(tmp_path: Path) -> None:
    file = str(tmp_path / "notes.db")
    with serve("crud.py", NOTES_DATABASE=file) as (process, client):
        assert client.post("/notes", json=LAMP).status_code == 201
        assert client.get("/notes/1").json() == {"id": 1, **LAMP}  # It was committed before 201.
        assert client.get("/docs").status_code == 200
        stop(process)
    with serve("crud.py", NOTES_DATABASE=file) as (process, client):
        assert client.get("/notes").json() == [{"id": 1, **LAMP}]
        stop(process)
