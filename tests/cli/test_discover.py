"""Find the application by the rules of FastAPI's command, with better error messages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pronghorn import FastAPI
from pronghorn.cli.discover import AppReference, discover
from pronghorn.cli.errors import FAILURE, USAGE, CommandError
from pronghorn.cli.locate import DEFAULT_FILES

Write = Callable[..., Path]

APP = "from pronghorn import FastAPI\n\napp = FastAPI()\n"

REAL_FASTAPI = """
class FastAPI:
    async def __call__(self, scope, receive, send): ...

FastAPI.__module__ = "fastapi.applications"
app = FastAPI()
"""


def fail(**reference: object) -> CommandError:
    """The error of a discovery that must fail."""
    with pytest.raises(CommandError) as info:
        discover(AppReference(**reference))  # type: ignore[arg-type] # Values of any field.
    return info.value


def test_default_files_are_tried_in_order(write: Write) -> None:
    for name in reversed(DEFAULT_FILES):
        write(name, APP)
        for module in ("main", "app", "api", "app.main", "app.app", "app.api"):
            sys.modules.pop(module, None)
        found = discover(AppReference())
        assert found.module.file is not None
        assert found.module.file.relative_to(Path.cwd()) == Path(name)


def test_the_first_default_file_decides_even_without_an_app(write: Write) -> None:
    write("main.py", "value = 1\n")
    write("api.py", APP)
    assert "Could not find a FastAPI app in module main" in fail().message


def test_no_default_file(workspace: Path) -> None:
    error = fail()
    assert error.message == f"Could not find a default file to run in {workspace}"
    assert error.exit_code == FAILURE
    assert "main.py, app.py, api.py" in error.hint


def test_a_file_is_a_module_of_its_folder(write: Write) -> None:
    file = write("service/shop_main.py", APP)
    found = discover(AppReference(Path("service/shop_main.py")))
    assert found.import_string == "shop_main:app"
    assert found.module.root == file.parent
    assert sys.path[0] == str(file.parent)
    assert isinstance(found.app, FastAPI)


def test_packages_above_a_file_are_part_of_its_name(write: Write) -> None:
    write("src/shop/__init__.py")
    write("src/shop/web/__init__.py")
    write("src/shop/settings.py", "title = 'Shop'\n")
    write("src/shop/web/main.py", "from ..settings import title\n" + APP)
    found = discover(AppReference(Path("src/shop/web/main.py")))
    assert found.import_string == "shop.web.main:app"
    assert found.module.root == Path.cwd() / "src"


@pytest.mark.parametrize("path", ["src/store", "src/store/__init__.py"])
def test_a_folder_with_init_is_a_package(write: Write, path: str) -> None:
    write("src/store/__init__.py", APP)
    found = discover(AppReference(Path(path)))
    assert found.import_string == "store:app"
    assert found.module.root == Path.cwd() / "src"


def test_a_folder_without_init_is_searched_for_the_default_files(write: Write) -> None:
    write("service/api.py", APP)
    found = discover(AppReference(Path("service")))
    assert found.import_string == "api:app"
    assert found.module.root == Path.cwd() / "service"


def test_an_absolute_path(write: Write) -> None:
    file = write("absolute_main.py", APP)
    assert discover(AppReference(file)).import_string == "absolute_main:app"


def test_a_path_that_does_not_exist_names_the_nearest(write: Write) -> None:
    write("shop/main.py", APP)
    error = fail(path=Path("shop/mian.py"))
    assert error.message == "Path does not exist shop/mian.py"
    assert "Did you mean shop/main.py?" in error.hint
    assert error.exit_code == FAILURE


def test_an_import_string_in_the_place_of_a_path(write: Write) -> None:
    write("service/web.py", "from pronghorn import FastAPI\nsite = FastAPI()\n")
    found = discover(AppReference(Path("service.web:site")))
    assert found.import_string == "service.web:site"
    assert found.module.root == Path.cwd()
    error = fail(path=Path("service/web.py:site"))
    assert error.message == "Path does not exist service/web.py:site"
    assert "package.module:name" in error.hint


def test_a_file_of_another_kind(write: Write) -> None:
    write("main.toml")
    error = fail(path=Path("main.toml"))
    assert error.message == "Not a Python file: main.toml"
    assert error.exit_code == USAGE


def test_a_name_that_python_cannot_import(write: Write) -> None:
    write("my-service.py", APP)
    assert (
        "'my-service' is not a name that Python can import"
        in fail(path=Path("my-service.py")).message
    )


def test_app_goes_before_api_and_both_before_others(write: Write) -> None:
    text = "from pronghorn import FastAPI\nalpha = FastAPI()\napi = FastAPI()\n"
    write("with_api.py", text)
    write("with_app.py", text + "app = FastAPI()\n")
    assert discover(AppReference(Path("with_api.py"))).attribute == "api"
    assert discover(AppReference(Path("with_app.py"))).attribute == "app"


def test_names_that_are_no_apps_are_passed_over(write: Write) -> None:
    write(
        "passed_over.py",
        """
        from pronghorn import APIRouter, FastAPI
        app = APIRouter()
        def api(): ...
        zebra = FastAPI()
        antelope = FastAPI()
        """,
    )
    found = discover(AppReference(Path("passed_over.py")))
    assert found.attribute == "antelope"
    assert found.sources == ("path argument", "found: it is the first in the module")


def test_a_subclass_is_an_app(write: Write) -> None:
    write(
        "subclass.py",
        """
        from pronghorn import FastAPI
        class Shop(FastAPI): ...
        app = Shop()
        """,
    )
    assert discover(AppReference(Path("subclass.py"))).attribute == "app"


def test_app_names_the_object(write: Write) -> None:
    write("main.py", APP + "admin = FastAPI()\n")
    found = discover(AppReference(app="admin"))
    assert found.import_string == "main:admin"
    assert found.sources == ("default files", "--app")


def test_a_wrapped_app_can_be_named(write: Write) -> None:
    write(
        "wrapped.py",
        """
        from pronghorn import FastAPI
        from starlette.middleware.gzip import GZipMiddleware
        wrapped = GZipMiddleware(FastAPI())
        async def plain(scope, receive, send): ...
        """,
    )
    assert discover(AppReference(Path("wrapped.py"), app="wrapped")).attribute == "wrapped"
    assert discover(AppReference(entrypoint="wrapped:plain")).attribute == "plain"


def test_a_name_that_does_not_exist(write: Write) -> None:
    write("main.py", APP + "admin = FastAPI()\n")
    error = fail(app="admni")
    assert error.message == "Could not find app name admni in main"
    assert error.hint == "Did you mean admin, a FastAPI?"


def test_a_name_of_something_else(write: Write) -> None:
    write("main.py", APP + "from pronghorn import APIRouter\nrouter = APIRouter()\n")
    error = fail(app="router")
    assert error.message == "The app name router in main does not name an app: it is an APIRouter"
    assert error.hint == "Did you mean app, a FastAPI?"


def test_the_name_of_a_factory(write: Write) -> None:
    file = write(
        "main.py",
        """
        from pronghorn import FastAPI
        def build() -> FastAPI: return FastAPI()
        """,
    )
    error = fail(app="build")
    assert error.message == (
        "The app name build in main does not name an app: it is a function that makes one "
        f"({file}:2)"
    )
    assert error.hint == "Add --factory to this command\nor write in the module: app = build()"
    assert "If build makes the app, add --factory --app build to this command" in fail().hint


def test_no_app_lists_what_was_found(write: Write) -> None:
    write(
        "main.py",
        """
        import os
        from json import loads
        from pronghorn import APIRouter
        n = 10
        router = APIRouter()
        class Cat: ...
        def get(): ...
        """,
    )
    error = fail()
    assert error.message == "Could not find a FastAPI app in module main"
    assert error.hint.splitlines() == [
        "Found in main: n (an int), router (an APIRouter), Cat (the class Cat), get (a function)",
        "If the app is not a FastAPI itself, name it: --app NAME",
    ]


def test_an_empty_module(write: Write) -> None:
    write("main.py")
    assert fail().hint.startswith("main defines no public names.")


@pytest.mark.parametrize("reference", [{}, {"app": "app"}, {"entrypoint": "main:app"}])
def test_an_app_of_the_real_fastapi(write: Write, reference: dict[str, object]) -> None:
    write("main.py", REAL_FASTAPI)
    error = fail(**reference)
    assert error.message == ("main:app is an app of the installed FastAPI, not of pronghorn")
    assert "add --as-fastapi to this command" in error.hint


def test_entrypoint_is_imported_from_the_working_directory(write: Write) -> None:
    write("shop2/web.py", "from pronghorn import FastAPI\nclass site:\n    app = FastAPI()\n")
    found = discover(AppReference(entrypoint="shop2.web:site.app"))
    assert found.import_string == "shop2.web:site.app"
    assert found.module.root == Path.cwd()
    assert found.sources == ("--entrypoint", "--entrypoint")


@pytest.mark.parametrize(
    ("text", "example"),
    [("main", "main:app"), ("shop/main.py:api", "shop.main:api"), ("a:b:c", "a:b:c"), ("", ":")],
)
def test_entrypoint_of_another_form(workspace: Path, text: str, example: str) -> None:
    error = fail(entrypoint=text)
    assert error.message.startswith("Import string must be in the format module.submodule:app_name")
    assert example in error.hint
    assert error.exit_code == USAGE


def test_entrypoint_with_a_path_or_a_name(write: Write) -> None:
    write("main.py", APP)
    for reference in ({"path": Path("main.py")}, {"app": "app"}):
        error = fail(entrypoint="main:app", **reference)
        assert error.message == "Cannot use --entrypoint together with path or --app arguments"
        assert error.exit_code == USAGE


def test_entrypoint_of_a_module_that_does_not_exist(workspace: Path) -> None:
    error = fail(entrypoint="nowhere.main:app")
    assert error.message == (
        f"Could not import module 'nowhere.main': there is no 'nowhere' in {workspace}"
    )
    assert error.exit_code == FAILURE


@pytest.mark.parametrize("tool", ["pronghorn", "fastapi"])
def test_entrypoint_in_pyproject(write: Write, tool: str) -> None:
    write("pyproject.toml", f'[tool.{tool}]\nentrypoint = "pinned:web"\n')
    write("pinned.py", "from pronghorn import FastAPI\nweb = FastAPI()\n")
    write("main.py", APP)
    found = discover(AppReference())
    assert found.import_string == "pinned:web"
    assert found.sources[0] == f"[tool.{tool}] in pyproject.toml"


def test_our_table_goes_before_theirs(write: Write) -> None:
    write(
        "pyproject.toml",
        """
        [tool.fastapi]
        entrypoint = "theirs:app"
        [tool.pronghorn]
        entrypoint = "ours:app"
        """,
    )
    write("ours.py", APP)
    assert discover(AppReference()).import_string == "ours:app"


def test_the_command_line_goes_before_pyproject(write: Write) -> None:
    write("pyproject.toml", '[tool.pronghorn]\nentrypoint = "pinned:web"\n')
    write("main.py", APP)
    write("named.py", APP)
    assert discover(AppReference(app="app")).import_string == "main:app"
    assert discover(AppReference(Path("named.py"))).import_string == "named:app"
    assert discover(AppReference(entrypoint="named:app")).import_string == "named:app"


def test_pyproject_without_an_entrypoint(write: Write) -> None:
    write("pyproject.toml", "[project]\nname = 'shop'\n[tool.fastapi]\n")
    write("main.py", APP)
    assert discover(AppReference()).import_string == "main:app"


@pytest.mark.parametrize("text", ["[tool.pronghorn", "[tool.pronghorn]\nentrypoint = 3\n"])
def test_pyproject_that_is_wrong(write: Write, text: str) -> None:
    write("pyproject.toml", text)
    assert "pyproject.toml" in fail().message


def test_a_failing_import_shows_the_users_part_of_the_traceback(write: Write) -> None:
    file = write(
        "failing.py",
        """
        def connect():
            raise ConnectionError("no database")

        connect()
        """,
    )
    error = fail(path=Path("failing.py"))
    assert error.message == f"Importing {file} failed"
    lines = error.detail.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert [line for line in lines if line.startswith("  File")] == [
        f'  File "{file}", line 4, in <module>',
        f'  File "{file}", line 2, in connect',
    ]
    assert lines[-1] == "ConnectionError: no database"


def test_a_mistake_found_by_pronghorn_shows_only_the_line_of_the_program(write: Write) -> None:
    file = write(
        "mistaken.py",
        """
        from pronghorn import FastAPI

        app = FastAPI()

        @app.get("/items/{item_id}", respones_model=int)
        def read_item(item_id: int): ...
        """,
    )
    detail = fail(path=Path("mistaken.py")).detail
    files = [line for line in detail.splitlines() if line.startswith("  File")]
    assert files == [f'  File "{file}", line 5, in <module>']
    assert "response_model" in detail


def test_a_syntax_error_shows_its_line(write: Write) -> None:
    file = write("broken.py", "app = (\n")
    detail = fail(path=Path("broken.py")).detail
    assert f'File "{file}", line 1' in detail
    assert "SyntaxError" in detail
    assert "importlib" not in detail


def test_a_chained_error_keeps_its_cause(write: Write) -> None:
    write(
        "chained.py",
        """
        try:
            {}["key"]
        except KeyError as error:
            raise RuntimeError("no key") from error
        """,
    )
    detail = fail(path=Path("chained.py")).detail
    assert "KeyError: 'key'" in detail
    assert "RuntimeError: no key" in detail
    assert "importlib" not in detail


def test_a_missing_requirement_is_no_missing_module(write: Write) -> None:
    file = write("requiring.py", "import does_not_exist\n")
    error = fail(entrypoint="requiring:app")
    assert error.message == "Importing module 'requiring' failed"
    assert f'  File "{file}", line 1, in <module>' in error.detail
    assert "No module named 'does_not_exist'" in error.detail


def test_a_program_for_fastapi_that_is_not_installed(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)
    write("for_fastapi.py", "import fastapi\n")
    assert "add --as-fastapi to this command" in fail(path=Path("for_fastapi.py")).hint
