"""The console session of README.md shows the responses of its program."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

import pronghorn
from pronghorn.testclient import TestClient
from tests.docs.test_examples import ROOT, blocks_of

README = ROOT / "README.md"
SESSION = re.compile(r"^\$ curl http://127\.0\.0\.1:8000(\S+) --json '(.*)'\n(.+)$", re.MULTILINE)
CALLS = SESSION.findall(README.read_text("utf-8"))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A client of the first program of the page."""
    module = ModuleType("readme")
    monkeypatch.setitem(__import__("sys").modules, "readme", module)
    exec(blocks_of(README)[0].source, module.__dict__)
    return TestClient(module.app)


@pytest.mark.parametrize(("target", "body", "answer"), CALLS)
def test_a_call_has_the_answer_that_the_page_shows(
    client: TestClient, target: str, body: str, answer: str
) -> None:
    headers = {"Content-Type": "application/json"}
    assert client.post(target, content=body, headers=headers).text == answer


def test_the_page_shows_success_and_failure() -> None:
    assert len(CALLS) == 2


@pytest.mark.parametrize(
    "text", [f"alpha ({pronghorn.__version__})", "Use it if", "Do not use it if"]
)
def test_the_page_says_who_it_is_for(text: str) -> None:
    assert text in README.read_text("utf-8").partition("\n## ")[0]


@pytest.mark.parametrize("package", ["starlette", "pydantic", "anyio", "uvicorn", "granian"])
def test_the_page_names_the_lowest_versions(package: str) -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    required = re.search(rf'"{package}(?:\[\w+\])?>=([\d.]+)', project)
    assert required is not None
    named = re.search(rf"\b{package} ([\d.]*\d)", README.read_text("utf-8"), re.IGNORECASE)
    assert named is not None
    assert named.group(1) == required.group(1)


def test_the_page_names_the_pythons_of_the_classifiers() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    versions = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)
    assert f"Python {versions[0]} to {versions[-1]}" in README.read_text("utf-8")
    assert versions == [f"3.{minor}" for minor in range(11, 11 + len(versions))]
