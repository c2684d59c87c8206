"""`import pronghorn` loads only modules that every program needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

OPTIONAL = ("uvicorn", "typer", "rich", "jinja2", "opentelemetry", "httpx", "httpx2", "granian")
OPTIONAL += ("email_validator", "watchfiles", "sqlalchemy", "fastapi")
#: Parts of pronghorn that are loaded when they are used.
LATER = ("cli", "testing", "testclient", "telemetry", "templating", "staticfiles", "security")
LATER += ("openapi.models", "openapi.schema", "adapters", "sql", "jobs", "as_fastapi")
LATER += ("routes.frontend_files", "middleware.http", "fields.openapi_example")
#: The same of Starlette, AnyIO and Python itself.
LATER_ELSEWHERE = ("starlette.staticfiles", "starlette.middleware.base", "difflib")
LATER_ELSEWHERE += ("anyio._core._synchronization", "pydantic.networks")
#: How many modules of its own it may load. Each takes about half a millisecond.
OWN_MODULES = 129
PROGRAM = "import {}, sys; print('\\n'.join(sys.modules))"


def load(package: str) -> set[str]:
    """Return the modules of a process that imports a package."""
    program = PROGRAM.format(package)
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return load("pronghorn")


def test_optional_packages_are_not_loaded(loaded: set[str]) -> None:
    assert [name for name in OPTIONAL if name in loaded] == []


def test_parts_that_few_programs_need_are_not_loaded(loaded: set[str]) -> None:
    assert [name for name in LATER if f"pronghorn.{name}" in loaded] == []
    by_itself = load("anyio")  # Old releases load all of their modules.
    assert [name for name in LATER_ELSEWHERE if name in loaded - by_itself] == []


def test_no_asyncio_backend_is_loaded_before_there_is_a_loop(loaded: set[str]) -> None:
    assert not {name for name in loaded if name.startswith("anyio._backends.")}


def test_number_of_modules(loaded: set[str]) -> None:
    own = sorted(name for name in loaded if name.split(".")[0] == "pronghorn")
    assert len(own) <= OWN_MODULES, "\n".join(own)
