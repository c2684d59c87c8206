"""Every command as a user calls it, apart from those that serve (see test_serve.py)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import pronghorn
from pronghorn import cli
from pronghorn.cli.app import commands

Write = Callable[..., Path]

PROGRAM = """
from pronghorn import APIRouter, FastAPI

print("a line of the program")
app = FastAPI(title="Shöp")
router = APIRouter(prefix="/items")


@router.get("/{item_id}", name="read")
def read_item(item_id: int) -> int:
    return item_id


@router.api_route("/", methods=["PUT", "POST"], include_in_schema=False)
async def change() -> None: ...


@app.websocket("/chat")
async def chat(websocket) -> None: ...


app.include_router(router)
admin = FastAPI(openapi_url=None)


@admin.get("/users")
def list_users() -> list[str]:
    return []


app.mount("/admin", admin, name="admin")
"""


SERVING_OPTIONS = (
    *("--host", "--port", "--root-path", "--app", "--entrypoint", "-e", "--verbose", "-v"),
    *("--reload", "--no-reload", "--proxy-headers", "--no-proxy-headers"),
    "--forwarded-allow-ips",
)


class Result:
    """What a command did."""

    def __init__(self, *arguments: str) -> None:
        result = CliRunner().invoke(commands, arguments, env={"COLUMNS": "200"})
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr


@pytest.fixture
def program(write: Write) -> Path:
    return write("main.py", PROGRAM)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_the_commands(option: str) -> None:
    result = Result(option)
    assert result.code == 0
    for name in ("dev", "run", "routes", "openapi"):
        assert name in result.out


@pytest.mark.parametrize(
    ("command", "example", "options"),
    [
        ("dev", "pronghorn dev shop/main.py --port 8080", ["--reload-dir", "--no-reload", "PORT"]),
        ("run", "pronghorn run --workers 4", ["--workers", "--as-fastapi", "--root-path"]),
        ("routes", "pronghorn routes shop/main.py --json", ["--json", "--entrypoint"]),
        ("openapi", "pronghorn openapi -o openapi.json", ["--output", "--indent"]),
    ],
)
def test_help_of_a_command_has_examples_and_options(
    command: str, example: str, options: list[str]
) -> None:
    result = Result(command, "-h")
    assert result.code == 0
    assert example in result.out
    assert "[tool.pronghorn]" in result.out
    for option in options:
        assert option in result.out


def usages(command: Any, *names: str) -> Iterator[str]:
    """Yield the usage line of a command, and of each command below it."""
    yield next(line for line in Result(*names, "-h").out.splitlines() if "Usage:" in line).strip()
    for name, below in getattr(command, "commands", {}).items():
        yield from usages(below, *names, name)


def test_usage_names_each_command_without_gaps() -> None:
    found = [*usages(typer.main.get_command(commands))]
    found += [line for line in Result("deploy", "kamal", "-h").out.splitlines() if "Usage:" in line]
    assert len(found) > 20
    assert [line for line in found if "  " in line.strip()] == []
    assert Result("deploy", "--odd").err.startswith("Usage: pronghorn deploy [OPTIONS] [TARGET]\n")
    assert "'pronghorn deploy -h'" in Result("deploy", "--odd").err


@pytest.mark.parametrize("command", ["dev", "run"])
def test_serving_has_every_option_of_fastapis_command(command: str) -> None:
    text = Result(command, "-h").out
    for option in SERVING_OPTIONS:
        assert f" {option}" in text, option


def test_only_dev_has_the_page() -> None:
    shown = Result("dev", "-h").out
    assert " --no-page " in shown
    assert "shown at /_pronghorn." in shown
    assert "page" not in Result("run", "-h").out
    assert Result("run", "--page").code == 2


def test_version() -> None:
    expected = f"pronghorn {pronghorn.__version__} (as FastAPI {pronghorn.FASTAPI_VERSION})\n"
    assert Result("--version").out == expected


def test_python_m_pronghorn() -> None:
    project = Path(pronghorn.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "pronghorn", "--version"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("pronghorn ")


def test_routes_as_json(program: Path) -> None:
    result = Result("routes", "--json")
    assert result.code == 0
    assert "a line of the program" in result.err
    rows = {row["path"]: row for row in json.loads(result.out)}
    lines = PROGRAM.lstrip("\n").splitlines()
    assert rows["/items/{item_id}"] == {
        "kind": "http",
        "methods": ["GET"],
        "path": "/items/{item_id}",
        "name": "read",
        "endpoint": "read_item",
        "file": str(program),
        "line": lines.index('@router.get("/{item_id}", name="read")') + 1,
    }
    assert rows["/items/"]["methods"] == ["POST", "PUT"]
    assert rows["/chat"]["kind"] == "websocket"
    assert rows["/chat"]["methods"] == []
    assert rows["/chat"]["endpoint"] == "chat"
    assert rows["/admin"]["kind"] == "mount"
    assert rows["/admin"]["name"] == "admin"
    assert rows["/admin/users"]["endpoint"] == "list_users"


def test_routes_are_in_the_order_in_which_they_are_tried(program: Path) -> None:
    paths = [row["path"] for row in json.loads(Result("routes", "--json").out)]
    expected = ["/chat", "/items/{item_id}", "/items/", "/admin", "/admin/users"]
    assert [path for path in paths if path in expected] == expected


def test_routes_as_a_table(program: Path) -> None:
    lines = Result("routes").out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert lines[0].split() == ["Methods", "Path", "Name", "Endpoint", "Source"]
    cells = [line.split() for line in lines]
    assert ["GET", "/items/{item_id}", "read", "read_item", "main.py:8"] in cells
    assert ["POST,", "PUT", "/items/", "change", "change", "main.py:13"] in cells
    assert ["websocket", "/chat", "chat", "chat", "main.py:17"] in cells
    assert ["mount", "/admin", "admin", "FastAPI"] in [cell[:4] for cell in cells]


def test_routes_of_endpoints_that_are_no_functions(write: Write) -> None:
    write(
        "main.py",
        """
        from functools import partial
        from pronghorn import FastAPI

        app = FastAPI(openapi_url=None)

        class Endpoint:
            def __call__(self): ...

        def read(name: str): ...

        app.add_api_route("/instance", Endpoint(), name="instance")
        app.add_api_route("/partial", partial(read, "x"), name="partial")
        """,
    )
    rows = {row["path"]: row for row in json.loads(Result("routes", "--json").out)}
    assert (rows["/instance"]["endpoint"], rows["/instance"]["line"]) == ("Endpoint", 6)
    assert (rows["/partial"]["endpoint"], rows["/partial"]["line"]) == ("read", 9)


def test_routes_of_a_host_are_shown_with_its_name(write: Write) -> None:
    write(
        "main.py",
        """
        from pronghorn import FastAPI

        app = FastAPI(openapi_url=None)
        api = FastAPI(openapi_url=None)

        @api.get("/items")
        def list_items() -> list[str]:
            return []

        app.host("api.example.com", api, name="api")
        """,
    )
    rows = json.loads(Result("routes", "--json").out)
    assert [(row["kind"], row["path"]) for row in rows] == [
        ("host", "api.example.com"),
        ("http", "api.example.com/items"),
    ]


def test_routes_of_an_app_that_has_none(write: Write) -> None:
    write("main.py", "async def app(scope, receive, send): ...\n")
    result = Result("routes", "--app", "app")
    assert result.code == 1
    assert "Error: A function does not show its routes" in result.err


def test_openapi_to_standard_output(program: Path) -> None:
    result = Result("openapi")
    assert result.code == 0
    assert result.err == "a line of the program\n"
    document = json.loads(result.out)
    assert document["info"]["title"] == "Shöp"
    assert "/items/{item_id}" in document["paths"]
    assert '\n  "info": {\n    "title": "Shöp"' in result.out
    assert result.out.endswith("}\n")


def test_openapi_on_one_line(program: Path) -> None:
    text = Result("openapi", "--indent", "0").out
    assert text.count("\n") == 1
    assert '"title":"Shöp"' in text


def test_openapi_to_a_file(program: Path) -> None:
    result = Result("openapi", "-o", "openapi.json", "--indent", "4")
    assert (result.code, result.out) == (0, "")
    text = Path("openapi.json").read_text(encoding="utf-8")
    assert '\n    "info": {\n        "title": "Shöp"' in text


def test_openapi_to_a_file_that_cannot_be_written(program: Path) -> None:
    result = Result("openapi", "-o", "nowhere/openapi.json")
    assert result.code == 1
    assert "Error: Cannot write nowhere/openapi.json: No such file or directory" in result.err


def test_openapi_that_cannot_be_generated(write: Write) -> None:
    write(
        "main.py",
        """
        from pronghorn import FastAPI
        app = FastAPI()
        def openapi(): raise LookupError("no title")
        app.openapi = openapi
        """,
    )
    result = Result("openapi")
    assert result.code == 1
    assert "LookupError: no title" in result.err
    assert "Error: Generating the OpenAPI document failed" in result.err
    assert "cli/openapi.py" not in result.err


def test_openapi_of_another_kind_of_app(write: Write) -> None:
    write("main.py", "async def app(scope, receive, send): ...\n")
    result = Result("openapi", "--app", "app")
    assert result.code == 1
    assert "Error: A function has no OpenAPI document" in result.err


def test_an_error_is_a_message_with_an_exit_code(workspace: Path) -> None:
    result = Result("routes", "main.py")
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith("Error: Path does not exist main.py\n")


def test_square_brackets_are_no_markup(write: Write) -> None:
    write("main.py", "raise ValueError('[bold]not markup[/nothing]')\n")
    assert "ValueError: [bold]not markup[/nothing]" in Result("routes").err


@pytest.mark.parametrize(
    "arguments",
    [
        ["routs"],
        ["run", "--workers", "2", "--reload"],
        ["run", "--workers", "0"],
        ["run", "--port", "70000"],
        ["dev", "--reload-dir", "nowhere"],
        ["run", "--host", "host.invalid"],
        ["routes", "main.py", "--entrypoint", "main:app"],
    ],
)
def test_a_wrong_command_line_is_exit_code_2(program: Path, arguments: list[str]) -> None:
    result = Result(*arguments)
    assert result.code == 2
    assert result.err


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_without_a_package_the_command_says_what_to_install(workspace: Path, package: str) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(Path(pronghorn.__file__).parent.parent)!r})\n"
        f"import pronghorn; sys.modules[{package!r}] = None\n"
        "from pronghorn.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(
        "To use the pronghorn command, please install what it needs, which is in the extra "
        f"'standard': pip install \"{package}>="
    )


def test_main_without_the_command_line_is_a_runtime_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "cli_main", None)
    with pytest.raises(RuntimeError, match=r"To use the \w+ command, please install"):
        cli.main()


def test_without_uvicorn_only_serving_is_refused(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert Result("routes").code == 0
    with pytest.raises(cli.MissingExtraError, match="uvicorn"):
        commands(["run"], standalone_mode=False)
