"""What cannot be served is refused with a sentence, before a cluster is asked."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.ray import ingress
from pronghorn.ray.serving import load
from pronghorn.testclient import TestClient
from tests.ray import methods

ROOT = Path(__file__).parents[2]
SCRIPT = """
from pronghorn import FastAPI
from pronghorn.ray import ingress

app = FastAPI()
ingress(app)()
"""

MODULE = SCRIPT.replace(
    "ingress(app)()",
    """
@ingress(app)
class Shop:
    @app.get("/")
    def read(self) -> int:
        return 1
""",
)

shared = FastAPI()


def test_an_application_inside_a_function() -> None:
    inside = FastAPI()
    with pytest.raises(SetupError, match="no global variable of the module"):
        ingress(inside)()


def test_an_application_of_a_script(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text(SCRIPT)
    command = [sys.executable, str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode != 0
    assert "defined in the script that is run" in done.stderr
    assert "serve run" in done.stderr


def test_methods_of_a_module_that_is_run(tmp_path: Path) -> None:
    """Replicas could import the application, but the class would be a copy."""
    (tmp_path / "shop.py").write_text(MODULE)
    command = [sys.executable, "-m", "shop"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode != 0
    assert "Shop, which replicas cannot import" in done.stderr
    assert "serve run" in done.stderr


@pytest.mark.parametrize("place", ["", "shop", "shop.main:", ":app", "shop:main:app", "shop: app"])
def test_a_place_that_is_none(place: str) -> None:
    with pytest.raises(SetupError, match="is not the place of an application"):
        ingress(place)()


def test_a_place_without_the_variable() -> None:
    with pytest.raises(SetupError, match="has no 'missing' on this node"):
        load("tests.ray.plain:missing")


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """An application that is a function."""


async def make_later() -> FastAPI:
    return shared


def make_for(name: str) -> FastAPI:
    return shared


@pytest.mark.parametrize(
    ("function", "message"),
    [(asgi, "takes scope, receive, send"), (make_later, "is async"), (make_for, "takes name")],
)
def test_a_function_that_a_replica_cannot_call(function: Any, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        ingress(function)()


@pytest.mark.parametrize("wrong", [None, 5, ROOT, FastAPI])
def test_what_is_no_application(wrong: Any) -> None:
    with pytest.raises(SetupError, match="is no application"):
        ingress(wrong)()


def make_nothing() -> None: ...


@pytest.mark.parametrize(
    "form", [make_nothing, "tests.ray.test_mistakes:make_nothing", "tests.ray.test_mistakes:ROOT"]
)
def test_what_a_replica_finds_is_no_application(form: Any) -> None:
    """It says so, since Ray would only say that a start of the lifespan has failed."""
    made = ingress(form)()
    made.__del__ = lambda replica: None  # Ray's own is asynchronous, and only a replica awaits it.
    with pytest.raises(SetupError, match="is no application"):
        asyncio.run(made.__init__(object.__new__(made)))


def make_app() -> FastAPI:
    return shared


def test_a_place_is_that_of_a_function_that_makes_it() -> None:
    assert load("tests.ray.test_mistakes:make_app") is shared


def test_an_application_that_is_a_function_goes_by_its_name() -> None:
    assert load("tests.ray.test_mistakes:asgi") is asgi


def test_a_method_without_self() -> None:
    class Wrong:
        @shared.get("/wrong")
        def wrong() -> str:
            return "wrong"

    with pytest.raises(SetupError, match="has no parameter 'self'"):
        ingress(shared)(Wrong)


def test_a_class_that_replicas_cannot_import() -> None:
    class Local:
        @shared.get("/local")
        def local(self) -> str:
            return "local"

    for app in (shared, "tests.ray.test_mistakes:shared"):
        with pytest.raises(SetupError, match="which replicas cannot import"):
            ingress(app)(Local)


def test_a_method_answers_in_replicas_only() -> None:
    assert methods.Lengths.name == "Lengths"
    with pytest.raises(SetupError, match="this process is no replica"):
        TestClient(methods.app).get("/times/3")
    assert TestClient(methods.late).get("/both").json() == "both"


def test_what_ray_refuses_stays_refused() -> None:
    class Called:
        def __call__(self) -> str:
            return "called"

    with pytest.raises(ValueError, match="__call__"):
        ingress(shared)(Called)
