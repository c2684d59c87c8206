"""A program runs without a private name of another package, and logs one warning."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette._utils import get_route_path

from pronghorn.adapters.uvicorn import names
from pronghorn.core import private_names
from pronghorn.core.path_patterns import path_below_root
from pronghorn.core.private_names import attributes_of, has_names, missing_names, optional

PROJECT = Path(__file__).parents[2]
EXPECTED: dict[str, Any] = {
    "get": {"number": 3, "query": "a", "same": "a"},
    "post": {"name": "b", "has_body": True},
    "blocking": "AnyIO worker thread",
    "form": {"name": "c", "again": "c"},
    "upload": 7,
    "file": "A program",
    "stream": "ab",
    "error": 418,
    "missing": 404,
    "document": True,
    "plain": {"number": 3, "query": "a", "same": "a"},
    "plain post": {"name": "b", "has_body": True},
    "called": 418,
    "socket": ["text", "bytes"],
}
#: Package and name -> the module of the warning, and how it begins to say what is worse.
RENAMED = {
    ("anyio", "_task_states"): "Calls of `def` functions are slower, and a dependency",
    ("anyio", "claim_worker_thread"): "Calls of `def` functions are slower.",
    ("anyio", "_run_vars"): "Calls of `def` functions are slower.",
    ("anyio", "._effectively_cancelled"): "Calls of `def` functions are slower.",
    ("anyio", "TaskState"): "The cancel scope inside of a middleware is opened in the way of",
    **{
        ("anyio", name): "The cancel scope inside of a middleware is opened in the way of"
        for name in ("._active", "._cancel_called", "._host_task", "._tasks", "._timeout_handle")
    },
    ("starlette", "wrap_app_handling_exceptions"): "Exceptions of a route that a library calls",
    ("starlette", "_CachedRequest"): '`@app.middleware("http")` runs in the way of Starlette',
    ("starlette", "._wrapped_rcv_consumed"): '`@app.middleware("http")` runs in the way of',
    ("starlette", ".wrapped_receive"): '`@app.middleware("http")` runs in the way of Starlette',
    ("starlette", "_StreamingResponse"): '`@app.middleware("http")` runs in the way of Starlette',
    ("starlette", "._query_params"): "The query of a request that does not take the short way",
    ("starlette", "._body"): "A body that an endpoint reads from its request as well",
    ("starlette", "._form"): "A body that an endpoint reads from its request as well",
    ("starlette", "._get_form"): "Forms are read in the way of Starlette, which is slower.",
    ("starlette", "._stream_consumed"): "A body that an endpoint reads from its request as well",
    ("starlette", "._handle_simple"): "Files are sent in the way of Starlette, which is slower.",
    ("starlette", "._open_file"): "Files are sent in the way of Starlette, which is slower.",
    ("starlette", "._current_part"): "Long uploads are written in the pieces in which they arrive",
    ("starlette", "._file_parts_to_write"): "Long uploads are written in the pieces in which they",
    ("starlette", "._receive"): "Messages of WebSocket connections are slower.",
    ("starlette", "._send"): "Messages of WebSocket connections are slower.",
    ("pydantic", "._config"): "Documents do not say which bytes are in base64.",
}


def run(package: str, name: str) -> dict[str, Any]:
    """Return what the program answered and logged while a name was another one."""
    command = [sys.executable, "-m", "tests.core.renamed", package, name]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_with_all_names_nothing_is_logged() -> None:
    assert run("", "") == {"answers": EXPECTED, "warnings": []}


@pytest.mark.parametrize(("package", "name"), RENAMED, ids=str)
def test_without_a_name_the_program_answers_and_one_warning_is_logged(
    package: str, name: str
) -> None:
    found = run(package, name)
    assert found["answers"] == EXPECTED
    assert len(found["warnings"]) == 1
    assert name.removeprefix(".") in found["warnings"][0]
    assert RENAMED[package, name] in found["warnings"][0]


def test_with_another_attribute_in_a_cancel_scope_one_warning_is_logged() -> None:
    found = run("anyio", "._cancel_handle")
    assert found["answers"] == EXPECTED
    (warning,) = found["warnings"]
    assert "in this version CancelScope is something else. The cancel scope inside of" in warning


# --- the functions --------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def nothing_was_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_names, "_warned", set())


def test_a_name_that_is_there_is_returned() -> None:
    assert optional("pathlib", "Path", "It is slower.") is Path


def test_a_name_that_is_missing_is_replaced_and_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    assert optional("pathlib", "_Gone", "It is slower.", 3) == 3
    assert not has_names("pathlib", ("Path", "Path._gone"), "It is slower.")
    assert [record.getMessage() for record in caplog.records] == [
        "pathlib: this version has no _Gone. It is slower."
    ]


def test_a_module_that_is_missing_has_no_names() -> None:
    assert list(missing_names("a_module_that_nobody_has", ["name"])) == ["name"]


class Kind:
    noted: int

    def __init__(self) -> None:
        self.kept = 1

    @property
    def shown(self) -> Any:
        return self._behind_property

    def method(self) -> Any:
        return lambda: self._in_function


def test_attributes_are_those_of_a_class_and_those_that_its_methods_use() -> None:
    assert attributes_of(Kind) >= {
        "noted",
        "kept",
        "shown",
        "_behind_property",
        "method",
        "_in_function",
    }
    assert "_other" not in attributes_of(Kind)


# --- uvicorn -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module in names.NAMES for name in names.list_names(module)],
    ids=" ".join,
)
def test_every_name_of_uvicorn_is_looked_for(
    module: str, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def without(asked: str, wanted: Any) -> list[str]:
        return [one for one in wanted if (asked, one) == (module, name)]

    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(private_names, "missing_names", without)
    assert not names.has_all_names()
    assert [record.getMessage() for record in caplog.records] == [
        f"{module}: this version has no {name}. {names.WITHOUT}"
    ]


# --- what we wrote ourselves instead -------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/a/b", "/ab", "", "*", "//", "/a//b"])
@pytest.mark.parametrize("root_path", [None, "", "/", "/a", "/a/", "/x", "a", "/a/b"])
def test_the_path_below_the_root_is_starlettes(path: str, root_path: str | None) -> None:
    scope = {"path": path} if root_path is None else {"path": path, "root_path": root_path}
    assert path_below_root(scope) == get_route_path(scope)
