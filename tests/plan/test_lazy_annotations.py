"""Annotations are evaluated late: as strings (PEP 563), and by Python 3.14 itself (PEP 649)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.testclient import TestClient

from pronghorn.cli.choose import not_an_app
from pronghorn.exceptions import SetupNameError
from tests.plan.class_programs import CLASS_PROGRAMS
from tests.plan.later_programs import LATER_PROGRAMS
from tests.plan.lazy_programs import HEADER, Program
from tests.plan.lazy_programs import PROGRAMS as LAZY_PROGRAMS

PROGRAMS = LAZY_PROGRAMS | CLASS_PROGRAMS | LATER_PROGRAMS

STRINGS = "from __future__ import annotations\n"
#: The first line of a module in which names may be undefined; before Python 3.14, it must be there.
FIRST_LINES = {"lazily": "", "as strings": STRINGS}
if sys.version_info < (3, 14):
    del FIRST_LINES["lazily"]


@pytest.fixture(params=FIRST_LINES)
def evaluated(request: pytest.FixtureRequest) -> str:
    """How annotations are evaluated."""
    return str(request.param)


def load(source: str, framework: str, evaluated: str, folder: Path) -> ModuleType:
    """Return the module of a program, from a file in a folder."""
    text = FIRST_LINES[evaluated] + HEADER.replace("{framework}", framework) + source
    file = folder / "program.py"
    file.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("lazy_program", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def ask(program: Program, app: Any) -> dict[str, Any]:
    """Return what an application answers to the requests of a program."""
    answers = {}
    with TestClient(app) as client:
        for request in program.answers:
            method, _, path = request.rpartition(" ")
            if method == "WS":
                with client.websocket_connect(path) as connection:
                    answers[request] = connection.receive_json()
                continue
            body = program.body if method else None
            answer = client.request(method or "GET", path, json=body)
            answers[request] = None if answer.status_code == 422 else answer.json()
        assert client.get("/openapi.json").status_code == 200
    return answers


@pytest.mark.parametrize(
    ("name", "evaluated"),
    [
        (name, evaluated)
        for evaluated in FIRST_LINES
        for name, program in PROGRAMS.items()
        if program.as_strings or evaluated == "lazily"
    ],
)
@pytest.mark.usefixtures("mode")
def test_a_program_with_undefined_names(name: str, evaluated: str, tmp_path: Path) -> None:
    program = PROGRAMS[name]
    module = load(program.source, "pronghorn", evaluated, tmp_path)
    assert ask(program, module.app) == program.answers


def same_on_fastapi() -> list[tuple[str, str]]:
    """Return the programs that FastAPI answers likewise, with the evaluation it needs."""
    kinds = {"lazily": ("lazily", "always"), "as strings": ("always",)}
    return [
        (name, evaluated)
        for evaluated in FIRST_LINES
        for name, program in PROGRAMS.items()
        if program.fastapi in kinds[evaluated]
    ]


@pytest.mark.parametrize(("name", "evaluated"), same_on_fastapi())
def test_fastapi_answers_the_same(name: str, evaluated: str, tmp_path: Path) -> None:
    program = PROGRAMS[name]
    module = load(program.source, "fastapi", evaluated, tmp_path)
    assert ask(program, module.app) == program.answers


MISTAKES = {
    "parameter": ("def read(a: Missing): ...", "the type of the parameter 'a'"),
    "optional": ("def read(a: Missing | None = None): ...", "the type of the parameter 'a'"),
    "marker": ("def read(a: Annotated[Missing, Query()]): ...", "the type of the parameter 'a'"),
    "class": ("def read(a: Annotated[Missing, Depends()]): ...", "the type of the parameter 'a'"),
    "function": (
        "def read(a: Annotated[int, Depends(Missing)]): ...",
        "the type of the parameter 'a'",
    ),
    "return": ("def read() -> Missing: ...", "the return type"),
    "return list": ("def read() -> list[Missing]: ...", "the return type"),
    "method": ("def read(a: list[Missing]): ...", "the type of the parameter 'a'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_name_that_never_comes(name: str, evaluated: str, tmp_path: Path) -> None:
    function, what = MISTAKES[name]
    source = f"router = APIRouter()\n@router.get('/')\n{function}\napp.include_router(router)\n"
    module = load(source, "pronghorn", evaluated, tmp_path)

    with pytest.raises(SetupNameError) as raised, TestClient(module.app):
        pass

    first = str(raised.value).splitlines()[0]
    assert first.endswith(f", {what}, cannot be resolved")
    assert "Missing" in first
    lines = Path(str(module.__file__)).read_text(encoding="utf-8").splitlines()
    assert f"{module.__file__}:{lines.index('@router.get(' + repr('/') + ')') + 1}" in str(
        raised.value
    )


def test_a_field_that_never_comes(evaluated: str, tmp_path: Path) -> None:
    source = "class Filters(BaseModel):\n    q: Missing\n"
    source += "@app.get('/')\ndef read(filters: Annotated[Filters, Depends()]): ...\n"
    module = load(source, "pronghorn", evaluated, tmp_path)

    with pytest.raises(SetupNameError, match="'Missing', the type of a field, cannot be resolved"):
        module.app.openapi()


def test_a_factory_with_an_undefined_return_type(evaluated: str, tmp_path: Path) -> None:
    source = "def create(other: other.A = None) -> FastAPI | other.B:\n    return app\n"
    module = load(source, "pronghorn", evaluated, tmp_path)
    assert "it is a function that makes one" in str(not_an_app(module.create, module, "create"))
