"""The names of the package, which are imported when they are first used."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
import starlette.status

import pronghorn
from pronghorn import FastAPI, HTTPException

#: One name of each module, and modules that programs reach as `fastapi.responses.HTMLResponse`.
NAMES = ("APIRouter", "BackgroundTasks", "Depends", "FastAPI", "HTTPException", "Request")
NAMES += ("Response", "UploadFile", "WebSocket", "status", "params", "responses", "routing")


def run(program: str) -> str:
    """Return what a new process prints."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_there_without_any_other_import(name: str) -> None:
    assert name in run(f"import pronghorn; print({name!r}, pronghorn.{name})")


def test_all_names_are_listed_before_they_are_imported() -> None:
    listed = run("import pronghorn; print(*dir(pronghorn))").split()
    assert set(pronghorn.__all__) <= set(listed)


def test_a_star_imports_all_names() -> None:
    assert set(run("from pronghorn import *; print(*dir())").split()) >= set(pronghorn.__all__)


def test_names_are_the_objects_of_their_modules() -> None:
    assert pronghorn.FastAPI is FastAPI is sys.modules["pronghorn.applications"].FastAPI
    assert pronghorn.status is starlette.status
    assert pickle.loads(pickle.dumps(HTTPException)) is HTTPException


def test_each_name_is_looked_for_once() -> None:
    asked = f"all(getattr(pronghorn, name) is vars(pronghorn)[name] for name in {NAMES})"
    assert run(f"import pronghorn; print({asked})") == "True"


def test_a_name_that_a_program_replaces_stays_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pronghorn.FastAPI", int)
    assert pronghorn.FastAPI is int


def test_unknown_names_are_errors_with_a_suggestion() -> None:
    with pytest.raises(AttributeError, match="did you mean 'FastAPI'"):
        pronghorn.FastApi  # type: ignore[attr-defined]  # noqa: B018 - the access is the test
    program = "try: from pronghorn import APIRoutr\nexcept ImportError as error: print(error)"
    assert "did you mean 'APIRouter'" in run(program)


def test_a_module_whose_own_import_fails_says_why() -> None:
    program = (
        "import sys; sys.modules['starlette.templating'] = None\nimport pronghorn\n"
        "try: pronghorn.templating\nexcept ImportError as error: print(error)"
    )
    assert "starlette.templating" in run(program)
