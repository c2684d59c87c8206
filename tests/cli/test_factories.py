"""`--factory`: the name is a function that makes the app."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pronghorn.cli.discover import AppReference, discover
from pronghorn.cli.errors import CommandError
from tests.cli.processes import command, served

Write = Callable[..., Path]

PROGRAM = """
import os
from pronghorn import FastAPI

calls = 0

def create_app() -> FastAPI:
    global calls
    calls += 1
    app = FastAPI(title="Made")

    @app.get("/")
    def about():
        return {"calls": calls, "process": os.getpid()}

    return app
"""


def fail(**reference: object) -> CommandError:
    """The error of a discovery by a factory that must fail."""
    with pytest.raises(CommandError) as info:
        discover(AppReference(factory=True, **reference))  # type: ignore[arg-type] # Of any field.
    return info.value


@pytest.mark.parametrize(
    "arguments",
    [
        ["main:create_app", "--factory"],
        ["main.py", "--app", "create_app", "--factory"],
        ["--entrypoint", "main:create_app", "--factory"],
        ["--factory"],
    ],
    ids=" ".join,
)
def test_every_way_to_name_a_factory(write: Write, arguments: list[str]) -> None:
    write("main.py", PROGRAM)
    listed = command("routes", *arguments, "--json")
    assert "/" in [row["path"] for row in json.loads(listed.stdout)]
    document = command("openapi", *arguments)
    assert json.loads(document.stdout)["info"]["title"] == "Made"
    explained = command("explain", "GET", "/", *arguments)
    assert explained.stdout.startswith("GET /\n")


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
@pytest.mark.parametrize(
    "arguments", [["dev", "--no-reload"], ["dev"], ["run"], ["run", "--workers", "2"]], ids=" ".join
)
def test_each_process_calls_the_factory_once(
    write: Write, arguments: list[str], server: str
) -> None:
    write("main.py", PROGRAM)
    started = "Application startup complete" if server == "uvicorn" else "Started worker"
    name, *options = arguments
    options += ["--factory", "--server", server]
    with served(name, "main:create_app", *options, started=started) as running:
        assert running.get()["calls"] == 1
    assert "  app      main:create_app()\n" in running.output


def test_pyproject_may_pin_a_factory(write: Write) -> None:
    write(
        "pyproject.toml",
        """
        [tool.pronghorn]
        entrypoint = "main:create_app"
        factory = true
        """,
    )
    write("main.py", PROGRAM)
    assert discover(AppReference()).app.title == "Made"
    write("pyproject.toml", "[tool.pronghorn]\nentrypoint = 'main:create_app'\nfactory = 'yes'\n")
    with pytest.raises(CommandError) as info:
        discover(AppReference())
    assert info.value.message == (
        "The factory must be true or false, got 'yes' ([tool.pronghorn] in pyproject.toml)"
    )


@pytest.mark.parametrize("name", ["main:create_app", "main.py --app create_app", "main.py"])
def test_a_factory_without_the_option_is_named(write: Write, name: str) -> None:
    write("main.py", PROGRAM)
    done = command("run", *name.split())
    assert done.returncode == 1
    assert "create_app" in done.stderr
    assert "--factory" in done.stderr


def test_a_factory_with_optional_parameters_is_no_asgi_app(write: Write) -> None:
    write(
        "main.py",
        """
        from pronghorn import FastAPI
        def create_app(settings=None, debug=False, testing=False): return FastAPI()
        """,
    )
    with pytest.raises(CommandError, match="a function that makes one"):
        discover(AppReference(app="create_app"))
    assert discover(AppReference(app="create_app", factory=True)).attribute == "create_app"


@pytest.mark.parametrize("body", ["async def create_app(): ...", "create_app = lambda: wait()"])
def test_an_async_factory_is_refused(write: Write, body: str) -> None:
    file = write("main.py", f"async def wait(): ...\n{body}\n")
    error = fail(app="create_app")
    assert error.message == f"The factory create_app in main is async ({file}:2)"
    assert error.hint == (
        "It is called before there is an event loop. Write def create_app() without async,\n"
        "and open what has to be awaited in the lifespan of the app."
    )


def test_a_factory_that_raises_shows_the_programs_frames(write: Write) -> None:
    file = write(
        "main.py",
        """
        import json
        def settings():
            return json.loads("{")
        def create_app():
            return settings()
        """,
    )
    error = fail(app="create_app")
    assert error.message == "The factory create_app in main raised JSONDecodeError"
    assert [line for line in error.detail.splitlines() if line.startswith("  File")] == [
        f'  File "{file}", line 5, in create_app',
        f'  File "{file}", line 3, in settings',
    ]
    assert "  … 3 frames of json: --full-traceback shows them\n" in error.detail


def test_a_factory_that_ends_the_program(write: Write) -> None:
    file = write("main.py", "import sys\ndef create_app():\n    sys.exit('no settings')\n")
    error = fail(app="create_app")
    assert error.message == (
        "The factory create_app in main ended the program with the message 'no settings' at "
        f"{file}:3"
    )
    assert error.hint.startswith("There the program has: sys.exit('no settings')\n")


@pytest.mark.parametrize(
    ("result", "described", "hint"),
    [
        ("None", "None", "Write return app in its last line."),
        ("4", "an int", "Return the app itself."),
        ("(FastAPI(), 1)", "a tuple", "Return the app itself."),
    ],
)
def test_a_factory_that_returns_something_else(
    write: Write, result: str, described: str, hint: str
) -> None:
    file = write(
        "main.py", f"from pronghorn import FastAPI\ndef create_app():\n    return {result}\n"
    )
    error = fail(app="create_app")
    assert error.message == (
        f"The factory create_app in main returned {described}, not an app ({file}:2)"
    )
    assert error.hint == hint


def test_a_factory_that_needs_arguments(write: Write) -> None:
    file = write("main.py", "def create_app(settings, *, debug): ...\n")
    error = fail(app="create_app")
    assert error.message == (
        f"The factory create_app in main needs arguments: settings, debug ({file}:1)"
    )
    assert "def create(): return create_app(..., debug=...)" in error.hint


def test_factory_with_the_name_of_an_app(write: Write) -> None:
    write("main.py", "from pronghorn import FastAPI\napp = FastAPI()\nlimit = 3\n")
    assert fail(app="app").hint == "Leave --factory out."
    assert fail(app="limit").message == (
        "limit in main is not a function that makes an app: it is an int"
    )
    assert fail(app="limit").hint == "Name the function."


def test_factories_of_which_none_is_named(write: Write) -> None:
    write(
        "main.py",
        """
        from pronghorn import FastAPI
        def shop() -> FastAPI: return FastAPI()
        def admin() -> "FastAPI": return FastAPI()
        """,
    )
    error = fail()
    assert error.message == "main has several factories: shop, admin"
    assert error.hint == "Name the one to use: --factory --app shop"
    write("other.py", "limit = 3\n")
    error = fail(path=Path("other.py"))
    assert error.message == "Could not find a factory in module other"


def test_a_factory_of_another_kind_of_app(write: Write) -> None:
    write(
        "main.py",
        """
        from functools import partial
        from pronghorn import FastAPI
        from starlette.middleware.gzip import GZipMiddleware
        class Shop(FastAPI): ...
        def create(title): return GZipMiddleware(FastAPI(title=title))
        wrapped = partial(create, "x")
        """,
    )
    assert type(discover(AppReference(app="Shop", factory=True)).app).__name__ == "Shop"
    assert discover(AppReference(app="wrapped", factory=True)).attribute == "wrapped"


def test_a_factory_of_a_fastapi_program(write: Write) -> None:
    write("main.py", PROGRAM.replace("from pronghorn", "from fastapi"))
    error = fail(app="create_app")
    assert error.message == "main:create_app() is an app of the installed FastAPI, not of pronghorn"
    done = command("routes", "main:create_app", "--factory", "--as-fastapi")
    assert done.returncode == 0
