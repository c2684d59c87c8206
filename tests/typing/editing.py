"""Edits programs as an editor does, and records what the editor would show."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import jedi  # type: ignore[import-untyped]  # it has no types

from tests.typing.checkers import BUILD
from tests.typing.language_server import LanguageServer

NAMES = "APIRouter, Body, Cookie, Depends, FastAPI, File, Form, Header, Path, Query, Request"
BEFORE = f"""\
from typing import Annotated

from {{framework}} import {NAMES}
from {{framework}} import Response, Security, UploadFile, WebSocket
from {{framework}}.routing import APIRoute, APIWebSocketRoute

app = FastAPI()
router = APIRouter()


"""
#: What follows the place of the cursor: calls are completed while they are not closed.
AFTER = """

@router.get("/after")
async def after(number: int) -> int:
    return number
"""
PARAMETER = '@app.get("/items")\nasync def read_items(item: Annotated[str, '
#: Unfinished code by its name in the tables; the cursor is at its end.
CALLS = {
    "app.get(": "app.get(",
    "@router.post(": "@router.post(",
    "@app.api_route(": "@app.api_route(",
    "app.add_api_route(": "app.add_api_route(",
    "@app.websocket(": "@app.websocket(",
    "app.include_router(": "app.include_router(",
    "FastAPI(": "shop = FastAPI(",
    "APIRouter(": "items = APIRouter(",
    "Query(": PARAMETER + "Query(",
    "Path(": PARAMETER + "Path(",
    "Body(": PARAMETER + "Body(",
    "Form(": PARAMETER + "Form(",
    "File(": PARAMETER + "File(",
    "Header(": PARAMETER + "Header(",
    "Cookie(": PARAMETER + "Cookie(",
    "Depends(": PARAMETER + "Depends(",
    "Security(": PARAMETER + "Security(",
}
#: Objects whose attributes are completed, and the code before the point.
OBJECTS = {
    "app.": "app",
    "router.": "router",
    "route.": "def show(route: APIRoute) -> None:\n    route",
    "websocket_route.": "def show(route: APIWebSocketRoute) -> None:\n    route",
    "request.": "def show(request: Request) -> None:\n    request",
    "response.": "def show(response: Response) -> None:\n    response",
    "websocket.": "def show(websocket: WebSocket) -> None:\n    websocket",
    "upload.": "def show(upload: UploadFile) -> None:\n    upload",
}
#: Names whose documentation is shown.
DOCUMENTED = ("FastAPI", "APIRouter", "Depends", "Security", "Query", "Path", "Body", "Form")


@dataclass
class Shown:
    """What an editor shows in an unfinished call.

    Attributes:
        keywords: The keywords that it offers.
        parameters: The parameters of the signature, in order.
        without_default: The parameters whose default is shown as `...`.
        documented: The keywords whose documentation it shows.
    """

    keywords: set[str]
    parameters: list[str]
    without_default: set[str] = field(default_factory=set)
    documented: set[str] = field(default_factory=set)

    def place_of(self, name: str) -> int:
        """Return how many parameters stand before one; a large number if it is not there."""
        return self.parameters.index(name) if name in self.parameters else sys.maxsize


class Editor(Protocol):
    """Completion, signatures and documentation for programs on one framework."""

    def show(self, code: str) -> Shown:
        """Return what is shown at the end of unfinished code."""

    def attributes(self, code: str) -> set[str]:
        """Return the attributes without underscore that are offered for the object before."""

    def documentation(self, code: str) -> str:
        """Return the documentation of the name at the end of the code."""


def program(framework: str, code: str) -> tuple[str, int, int]:
    """Return a program with code in its middle; and the line and column behind the code, from 0."""
    before = BEFORE.format(framework=framework) + code
    lines = before.split("\n")
    return before + AFTER, len(lines) - 1, len(lines[-1])


class Jedi:
    """The editor support of many editors and of IPython.

    Args:
        framework: The package that the programs import.
    """

    def __init__(self, framework: str) -> None:
        self._framework = framework

    def show(self, code: str) -> Shown:
        """Return what is shown at the end of unfinished code."""
        script, place = self._open(code)
        offered = {item.name for item in script.complete(*place)}
        (signature, *_) = script.get_signatures(*place)
        keywords = {name.removesuffix("=") for name in offered if name.endswith("=")}
        shown = Shown(keywords, [parameter.name for parameter in signature.params])
        for parameter in signature.params:
            text = parameter.to_string()
            if re.search(r"=\s*\.\.\.$", text):
                shown.without_default.add(parameter.name)
            if "Doc(" in text and parameter.name in keywords:
                shown.documented.add(parameter.name)
        return shown

    def attributes(self, code: str) -> set[str]:
        """Return the attributes without underscore that are offered for the object before."""
        script, place = self._open(f"{code}.")
        return {item.name for item in script.complete(*place) if not item.name.startswith("_")}

    def documentation(self, code: str) -> str:
        """Return the documentation of the name at the end of the code."""
        script, (line, column) = self._open(code)
        return "\n".join(name.docstring() for name in script.help(line, column - 1))

    def _open(self, code: str) -> tuple[Any, tuple[int, int]]:
        text, line, column = program(self._framework, code)
        return jedi.Script(text), (line + 1, column)


class Pyright:
    """The language server of pyright, as in Visual Studio Code, Neovim and others.

    Args:
        framework: The package that the programs import.
        server: The server.
    """

    def __init__(self, framework: str, server: LanguageServer) -> None:
        self._framework = framework
        self._server = server

    def show(self, code: str) -> Shown:
        """Return what is shown at the end of unfinished code."""
        line, column = self._open(code)
        labels = {item["label"] for item in self._server.complete(line, column)}
        keywords = {label.removesuffix("=") for label in labels if label.endswith("=")}
        signature = self._server.signature(line, column)
        shown = Shown(keywords, [])
        for parameter in signature["parameters"]:
            start, end = parameter["label"]
            text = signature["label"][start:end]
            name = text.partition(":")[0].strip()
            if name != "*":
                shown.parameters.append(name)
            if text.endswith("= ..."):
                shown.without_default.add(name)
        shown.documented = self._find_documented(code, sorted(keywords))
        return shown

    def _find_documented(self, code: str, keywords: list[str]) -> set[str]:
        """Return the keywords whose documentation the editor shows when the mouse is over them."""
        written = "".join(f"\n    {keyword}=None," for keyword in keywords)
        line, _ = self._open(f"{code}{written}\n)")
        first = line - len(keywords)
        found = set()
        for index, keyword in enumerate(keywords):
            text = self._server.hover(first + index, 5)
            # The type is in a block of code; what follows is the documentation.
            if f"{keyword}: " in text.rpartition("```")[2]:
                found.add(keyword)
        return found

    def attributes(self, code: str) -> set[str]:
        """Return the attributes without underscore that are offered for the object before."""
        items = self._server.complete(*self._open(f"{code}."))
        return {item["label"] for item in items if not item["label"].startswith("_")}

    def documentation(self, code: str) -> str:
        """Return the documentation of the name at the end of the code."""
        line, column = self._open(code)
        return self._server.hover(line, column - 1)

    def _open(self, code: str) -> tuple[int, int]:
        text, line, column = program(self._framework, code)
        self._server.open(text)
        return line, column


@contextmanager
def start_pyright() -> Iterator[LanguageServer]:
    """Run the language server of pyright on an empty workspace."""
    folder = BUILD / "editing"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"python": {"pythonPath": sys.executable}, "python.analysis": {}}
    with LanguageServer(["pyright-langserver", "--stdio"], Path(folder), settings) as server:
        yield server
