"""`from pronghorn import FastAPI` loads only modules that every program needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.first import ANSWERS, MODEL, SMALL

OPTIONAL = ("uvicorn", "typer", "rich", "jinja2", "opentelemetry", "httpx", "httpx2", "granian")
OPTIONAL += ("email_validator", "watchfiles", "sqlalchemy", "fastapi")
#: Parts of pronghorn that are loaded when they are used.
LATER = ("cli", "testing", "testclient", "telemetry", "templating", "staticfiles", "security")
LATER += ("openapi.models", "openapi.schema", "adapters", "sql", "jobs", "as_fastapi")
LATER += ("routes.frontend_files", "middleware.http", "fields.openapi_example")
LATER += ("dependencies.models", "run.streaming.send", "core.concurrency_limits")
LATER += ("routes.replaced_functions", "middleware.asyncexitstack")
#: The same of Starlette, AnyIO and Python itself.
LATER_ELSEWHERE = ("starlette.staticfiles", "starlette.middleware.base", "difflib")
LATER_ELSEWHERE += ("anyio._core._synchronization", "pydantic.networks")
#: How many modules of its own it may load. Each takes about half a millisecond.
OWN_MODULES = 124
#: How many more a small program may load until its first answers.
OWN_MODULES_OF_ANSWERS = 0
SMALL_PROGRAM = "from pronghorn import FastAPI\n" + MODEL + SMALL
PROGRAM = "{}\nimport sys; print('\\n'.join(sys.modules))"


def load(statement: str) -> set[str]:
    """Return the modules of a process that runs a statement."""
    program = PROGRAM.format(statement)
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return load("from pronghorn import FastAPI")


def test_optional_packages_are_not_loaded(loaded: set[str]) -> None:
    assert [name for name in OPTIONAL if name in loaded] == []


def test_parts_that_few_programs_need_are_not_loaded(loaded: set[str]) -> None:
    assert [name for name in LATER if f"pronghorn.{name}" in loaded] == []
    by_itself = load("import anyio")  # Old releases load all of their modules.
    assert [name for name in LATER_ELSEWHERE if name in loaded - by_itself] == []


def test_no_asyncio_backend_is_loaded_before_there_is_a_loop(loaded: set[str]) -> None:
    assert not {name for name in loaded if name.startswith("anyio._backends.")}


def test_number_of_modules(loaded: set[str]) -> None:
    own = sorted(name for name in loaded if name.split(".")[0] == "pronghorn")
    assert len(own) <= OWN_MODULES, "\n".join(own)


@pytest.mark.usefixtures("short_ways")
def test_a_small_program_answers_with_what_it_has_loaded(loaded: set[str]) -> None:
    answered = load(SMALL_PROGRAM + ANSWERS) - load(SMALL_PROGRAM)
    ours = sorted(name for name in answered if name.split(".")[0] == "pronghorn")
    assert len(ours) <= OWN_MODULES_OF_ANSWERS, "\n".join(ours)
    # No module of another package that the import did not need, but for AnyIO's.
    packages = {name.split(".")[0] for name in answered - loaded}
    assert packages & {"starlette", "multipart", "python_multipart", "email", "http"} == set()


def test_the_package_itself_loads_nothing() -> None:
    own = {name for name in load("import pronghorn") if name.split(".")[0] == "pronghorn"}
    assert own == {"pronghorn", "pronghorn.core", "pronghorn.core.reexports"}


def test_the_command_prints_its_help_without_the_framework() -> None:
    help_of = "import runpy, sys; sys.argv = ['pronghorn', '--help']; "
    help_of += "\ntry: runpy.run_module('pronghorn', run_name='__main__')\n"
    loaded = load(help_of + "except SystemExit: pass\n")
    assert loaded & {"starlette", "pydantic", "asyncio", "pronghorn.applications"} == set()
    assert "pronghorn.cli.app" in loaded
    # A program is looked for by a command only.
    assert loaded & {"pronghorn.cli.discover", "pronghorn.cli.importing", "tomllib"} == set()


@pytest.mark.parametrize(
    ("options", "annotation", "body", "modules"),
    [
        ("", "", "yield 1", {"send", "response"}),
        ("response_class=StreamingResponse", "", "return None", {"send"}),
        ("", "-> StreamingResponse", "return None", {"send"}),
        ("", "-> StreamingResponse | dict", "return {}", {"send"}),
        ("", "-> dict", "return {}", set()),
    ],
)
def test_the_code_for_streams_is_loaded_where_a_stream_is_declared(
    options: str, annotation: str, body: str, modules: set[str]
) -> None:
    program = "from pronghorn import FastAPI\nfrom starlette.responses import StreamingResponse\n"
    program += f"app = FastAPI()\n@app.get('/', {options})\nasync def read() {annotation}: {body}"
    streaming = {f"pronghorn.run.streaming.{name}" for name in ("send", "response")}
    assert load(program) & streaming == {f"pronghorn.run.streaming.{name}" for name in modules}
