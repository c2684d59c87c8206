"""The committed stubs say what their sources say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Router

from pronghorn import APIRouter, FastAPI, params
from tools.stubs import __main__ as stubs
from tools.stubs.content import STUBS
from tools.stubs.docstrings import entries_of, with_entries
from tools.stubs.options import options_of

OPTIONS = "pronghorn.declare.options"


@pytest.mark.parametrize("module", STUBS)
def test_a_stub_is_in_step_with_its_sources(module: str) -> None:
    assert stubs.is_in_step(module), "run `make stubs`"


def names_of(kind: type) -> set[str]:
    """Return the names of the members that the stub of a class declares."""
    body = ast.parse(stubs.path_of(kind.__module__).read_text(encoding="utf-8")).body
    members = next(
        one.body for one in body if isinstance(one, ast.ClassDef) and one.name == kind.__name__
    )
    assigned = {ast.unparse(one.target) for one in members if isinstance(one, ast.AnnAssign)}
    return assigned | {one.name for one in members if isinstance(one, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("made", "of_starlette"),
    [
        (FastAPI(), Starlette()),
        (APIRouter(), Router()),
        *((getattr(params, name)(), None) for name in ("Param", "Path", "Query", "Cookie")),
        *((getattr(params, name)(), None) for name in ("Header", "Body", "Form", "File")),
    ],
    ids=lambda made: type(made).__name__,
)
def test_attributes_that_a_constructor_assigns_are_in_the_stub(
    made: object, of_starlette: object
) -> None:
    shown = set(vars(of_starlette)) if of_starlette else set()
    for kind in type(made).__mro__:
        if kind.__module__ in STUBS and not kind.__name__.startswith("_"):
            shown |= names_of(kind)
    assert {name for name in vars(made) if not name.startswith("_")} - shown == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title: Annotated[str, Doc("The name of the API.")]', "title: str"),
        (' = "/docs"', " = None"),
        ("status_code: The status code of a successful response.", "status_code: A number."),
        ("import APIRoute, APIRouter", "import APIRouter"),
    ],
)
def test_every_difference_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    text = stubs.path_of("pronghorn.applications").read_text(encoding="utf-8")
    assert old in text
    changed = tmp_path / "applications.pyi"
    monkeypatch.setattr(stubs, "path_of", lambda _: changed)
    changed.write_text(text, encoding="utf-8")
    assert stubs.is_in_step("pronghorn.applications")
    changed.write_text(text.replace(old, new), encoding="utf-8")
    assert not stubs.is_in_step("pronghorn.applications")
    changed.unlink()
    assert not stubs.is_in_step("pronghorn.applications")


def test_the_check_names_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stubs.main(["--check"]) == 0
    monkeypatch.setattr(stubs, "path_of", lambda module: tmp_path / f"{module}.pyi")
    assert stubs.main(["--check"]) == 1
    assert "run `make stubs`" in capsys.readouterr().out


def test_an_option_has_type_default_and_documentation() -> None:
    options = options_of(OPTIONS, "RouteOptions")
    assert list(options)[:3] == ["response_model", "status_code", "tags"]
    status_code, response_class = options["status_code"], options["response_class"]
    assert (status_code.type, status_code.default) == ("int | None", "None")
    assert status_code.documentation.startswith("The status code of a successful response.")
    assert (response_class.type, response_class.default) == (
        "type[Response]",
        "Default(JSONResponse)",
    )


@pytest.mark.parametrize("name", ["AppOptions", "RouterOptions", "RouteClassOptions"])
def test_every_option_is_documented(name: str) -> None:
    assert [one.name for one in options_of(OPTIONS, name).values() if not one.documentation] == []


def test_every_parameter_of_a_public_callable_is_documented() -> None:
    undocumented = []
    for module in ("pronghorn.applications", "pronghorn.routing", "pronghorn.param_functions"):
        tree = ast.parse(stubs.path_of(module).read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        # The options were documented before; these are the others of the same callables.
        for function in (one for one in functions if len(one.args.kwonlyargs) > 2):
            for argument in (*function.args.args, *function.args.kwonlyargs):
                note = ast.unparse(argument.annotation) if argument.annotation else "self"
                if note != "self" and "Doc(" not in note:
                    undocumented.append(f"{module}: {function.name}({argument.arg})")
    assert undocumented == []


def test_entries_replace_those_of_a_docstring() -> None:
    docstring = (
        "Do it.\n\nArgs:\n    path: The\n        path.\n    options: See.\n\nReturns:\n    None."
    )
    assert entries_of(docstring) == {"path": "The path.", "options": "See."}
    assert with_entries(docstring, {"path": "A path.", "tags": "Tags."}) == (
        "Do it.\n\nArgs:\n    path: A path.\n    tags: Tags.\n\nReturns:\n    None."
    )
    assert with_entries(docstring, {}) == "Do it.\n\nReturns:\n    None."
    assert with_entries("Do it.", {"a": "A."}) == "Do it.\n\nArgs:\n    a: A."
    assert with_entries("Do it.", {}) == "Do it."
