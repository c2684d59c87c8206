"""A program that cannot be imported: its file and line, what it imports, and what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pronghorn.cli.app import commands
from pronghorn.cli.discover import AppReference, discover
from pronghorn.cli.errors import CommandError
from tests.cli.processes import command

Write = Callable[..., Path]


def fail(path: str = "main.py") -> CommandError:
    """The error of an import that must fail."""
    with pytest.raises(CommandError) as info:
        discover(AppReference(Path(path)))
    return info.value


@pytest.mark.parametrize(
    "arguments", [["run", "--port=0"], ["dev", "--port=0"], ["routes"], ["openapi"]], ids=" ".join
)
@pytest.mark.parametrize(
    ("call", "described"),
    [
        ("sys.exit(3)", "code 3"),
        ("sys.exit()", "code 0"),
        ("sys.exit('no DATABASE_URL')", "the message 'no DATABASE_URL'"),
        ("quit(0)", "code 0"),
    ],
)
def test_sys_exit_in_a_module(
    write: Write, arguments: list[str], call: str, described: str
) -> None:
    write("settings.py", f"import sys\n\nif True:\n    {call}\n")
    file = write("main.py", "import settings\n")
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 1
    place = f"{file.with_name('settings.py')}:4"
    assert result.stderr.splitlines()[:2] == [
        f"Error: Importing {file} ended the program with {described} at {place}",
        f"  There the program has: {call}",
    ]


def test_argument_parser_that_exits_in_a_library(write: Write) -> None:
    file = write("main.py", "import argparse\n\nargparse.ArgumentParser().parse_args(['--no'])\n")
    assert fail().message == f"Importing {file} ended the program with code 2 at {file}:3"


def test_a_package_that_is_not_installed(write: Write) -> None:
    write("shop/__init__.py")
    write("shop/items.py", "import sqlalchmy_nowhere.orm\n")
    write("main.py", "from shop import items\n")
    assert fail().hint == (
        "shop/items.py:1 imports sqlalchmy_nowhere, which does not exist here.\n"
        f"If it is a package, install it for {sys.executable}."
    )


SESSIONS = "starlette.middleware.sessions"


@pytest.mark.parametrize(
    ("imported", "hint"),
    [
        (
            "pronghorn.middleware.sessions",
            f"It is Starlette's, and works with pronghorn: import it from {SESSIONS}",
        ),
        ("pronghorn.middleware.gzips", "Did you mean pronghorn.middleware.gzip?"),
        ("pronghorn.respones", "Did you mean pronghorn.responses?"),
    ],
)
def test_a_module_that_pronghorn_does_not_have(write: Write, imported: str, hint: str) -> None:
    write("main.py", f"import {imported}\n")
    assert fail().hint == f"main.py:1 imports {imported}, which does not exist here.\n{hint}"


def test_a_module_of_the_program_that_is_misspelt(write: Write) -> None:
    write("settings.py")
    write("main.py", "x = 1\nimport setings\n")
    assert fail().hint == (
        "main.py:2 imports setings, which does not exist here.\nDid you mean settings?"
    )


def test_a_submodule_that_is_misspelt(write: Write) -> None:
    write("storefront/__init__.py")
    write("storefront/orders.py")
    write("main.py", "from storefront.order import x\n")
    assert fail().hint == (
        "main.py:1 imports storefront.order, which does not exist here.\n"
        "Did you mean storefront.orders?"
    )


def test_a_name_that_a_module_does_not_have(write: Write) -> None:
    write("orders.py", "def list_orders(): ...\n")
    write("main.py", "from orders import list_order\n")
    assert fail().hint == (
        "main.py:1 imports list_order from orders, which does not have it.\n"
        "Did you mean list_orders?"
    )


@pytest.mark.parametrize(
    "back", ["from main import app", "import main\nrouter = main.app"], ids=["name", "attribute"]
)
def test_a_circular_import(write: Write, back: str) -> None:
    write("items.py", f"{back}\n")
    write("main.py", "from pronghorn import FastAPI\nimport items\napp = FastAPI()\n")
    error = fail()
    assert "partially initialized module 'main'" in error.detail
    lines = error.hint.splitlines()
    assert lines[:2] == ["These imports need each other:", "main.py:2: import items"]
    assert lines[2].startswith("items.py:")
    assert lines[-1].startswith("Move what both need to a third module")


@pytest.mark.parametrize("name", ["pronghorn", "json", "time"])
def test_a_file_with_the_name_of_another_module(write: Write, name: str) -> None:
    file = write(f"{name}.py", "from pronghorn import FastAPI\napp = FastAPI()\n")
    error = fail(f"{name}.py")
    other = getattr(sys.modules[name], "__file__", "a built-in module")
    assert str(error) == f"{file} has the name of another module: import {name} gives {other}"
    assert error.hint == "Rename the file, for example to main.py"


def test_a_file_that_imports_itself(write: Write) -> None:
    write("starlette_admin.py", "from starlette_admin import Admin\n")
    assert fail("starlette_admin.py").hint.splitlines() == [
        "The file imports itself:",
        "starlette_admin.py:1: from starlette_admin import Admin",
        "Rename it, for example to main.py",
    ]


def test_a_relative_import_without_a_package(write: Write) -> None:
    write("main.py", "from .items import router\n")
    assert fail().hint.startswith("A relative import needs a package: add an empty __init__.py")


def test_a_syntax_error_in_another_file(write: Write) -> None:
    broken = write("items.py", "def f(:\n")
    main = write("main.py", "x = 1\nimport items\n")
    detail = fail().detail
    assert f'  File "{main}", line 2, in <module>\n' in detail
    assert f'  File "{broken}", line 1\n' in detail
    assert "SyntaxError" in detail


PROGRAM_WITH_MISTAKE = """
from pronghorn import FastAPI

app = FastAPI()


@app.get("/")
def read(value: object()): ...
"""


def test_a_setup_error_has_no_chained_exception(write: Write) -> None:
    file = write("main.py", PROGRAM_WITH_MISTAKE)
    done = command("routes")
    assert done.stderr.count("Traceback (most recent call last)") == 1
    assert f'  File "{file}", line ' in done.stderr
    assert "  write:    " in done.stderr
    assert "pydantic" not in done.stderr.replace("Pydantic", "").split("SetupError")[0]
    full = command("routes", "--full-traceback")
    assert full.stderr.count("Traceback (most recent call last)") > 1
    assert "/pydantic/" in full.stderr


def test_an_error_in_a_library_is_folded_behind_the_line_that_called_it(write: Write) -> None:
    file = write("main.py", "import json\n\njson.loads('x')\n")
    done = command("run", "--port", "0")
    printed = re.sub(r"(?m)^ +[~^]+\n", "", done.stderr)  # Python 3.13 marks a part of the line.
    assert printed == (
        "Traceback (most recent call last):\n"
        f'  File "{file}", line 3, in <module>\n'
        "    json.loads('x')\n"
        "  … 3 frames of json: --full-traceback shows them\n"
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n"
        "\n"
        f"Error: Importing {file} failed\n"
    )


def test_a_program_that_is_installed_as_a_package_shows_its_frames(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("site-packages/installed_program/__init__.py")
    file = write("site-packages/installed_program/main.py", "x = 1\n1 / 0\n")
    monkeypatch.syspath_prepend("site-packages")
    with pytest.raises(CommandError) as info:
        discover(AppReference(entrypoint="installed_program.main:app"))
    assert f'  File "{file}", line 2, in <module>\n' in info.value.detail


TWO_APPS = """
from pronghorn import FastAPI

{first} = FastAPI()
{second} = FastAPI()
"""


@pytest.mark.parametrize(
    ("first", "second", "chosen"), [("app", "admin", "app"), ("shop", "admin", "admin")]
)
def test_two_apps_are_named(write: Write, first: str, second: str, chosen: str) -> None:
    write("main.py", TWO_APPS.format(first=first, second=second))
    other = ({first, second} - {chosen}).pop()
    assert discover(AppReference()).others == (other,)
    done = command("routes")
    assert done.returncode == 0
    assert done.stderr == (
        f"This is main:{chosen}; main:{other} is an app too; to choose one: --app {other}\n"
    )
    assert command("routes", "--app", chosen).stderr == ""


@pytest.mark.parametrize(
    ("line", "others"),
    [
        ("app.mount('/admin', admin)", ()),
        ("admin.mount('/app', app)", ("admin",)),
        ("same = app; del admin", ()),
        ("app.host('x', inner := FastAPI()); inner.mount('/a', admin)", ()),
    ],
)
def test_apps_of_one_program_are_no_other_apps(
    write: Write, line: str, others: tuple[str, ...]
) -> None:
    write("main.py", TWO_APPS.format(first="app", second="admin") + line + "\n")
    assert discover(AppReference()).others == others
