"""The page `docs/explain/follow-a-request.md` describes what the code does."""

from __future__ import annotations

import inspect
import logging
import re
import sys
import textwrap
from collections.abc import AsyncIterator
from importlib import import_module
from operator import attrgetter
from typing import Annotated, Any

import pytest

from pronghorn import Depends, FastAPI, hooks
from pronghorn.compile import dispatch
from tests.docs.following import (
    HANDLER,
    PACKAGE,
    PAGE,
    PROGRAM,
    Section,
    Trace,
    drawing,
    follow,
    program,
    sections,
    source_of,
)

TARGET = "/items/42?limit=5"
SECTIONS = {section.title: section for section in sections()}
#: File -> the section about it, in the order of the page.
FILES: dict[str, Section] = {
    title[1]: section
    for name, section in SECTIONS.items()
    if (title := re.match(r"\d\. `([\w/]+\.py)`", name))
}
MOST_FILES = 8
#: What the sections after the walk say of other requests.
OTHERS = {
    "With a response model": [("/models/42?limit=5", b"200", False)],
    "With the access log": [(TARGET, b"200", True)],
    "On an error": [
        ("/refused", b"403", False),
        ("/items/none", b"422", False),
        ("/broken", b"500", False),
    ],
    "On a miss": [("/nowhere", b"404", False), ("/items/42/", b"307", False)],
    "Behind middleware": [(TARGET, b"200", False)],
}
#: Functions whose result is called, instead of themselves.
MAKERS = {"Responder._renderer", "Field.json_writer"}

pytestmark = pytest.mark.usefixtures("short_ways")


@pytest.fixture(autouse=True)
def without_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process, and FastAPI itself, may have put telemetry in place."""
    monkeypatch.delitem(sys.modules, hooks.API_MODULE, raising=False)
    monkeypatch.setattr(hooks, "_mounted", [])


@pytest.fixture
def trace() -> Trace:
    """What the request of the page enters."""
    found, written = follow(program(), TARGET)
    assert written.endswith(b'\r\n\r\n{"item_id":42,"limit":5}')
    return found


def shown(source: str) -> str:
    """Return a source as a page shows it."""
    return f"\n\n{textwrap.indent(source.strip(), '    ')}\n\n"


def test_the_request_enters_the_files_of_the_page_in_their_order(trace: Trace) -> None:
    assert trace.files() == list(FILES)
    assert len(FILES) <= MOST_FILES


def test_the_headings_are_numbered() -> None:
    numbers = [title.partition(".")[0] for title in SECTIONS if title[:1].isdigit()]
    assert numbers == [str(number) for number in range(1, len(FILES) + 1)]


def test_the_walk_names_every_function_that_is_entered(trace: Trace) -> None:
    named = {name for section in FILES.values() for name in section.functions}
    ours = [call for call in trace.calls if call.file not in (HANDLER, PROGRAM)]
    assert {call.name for call in ours if "<" not in call.name} <= named


def test_every_function_on_the_page_exists() -> None:
    named = re.findall(r"`([\w/]+)\.py`", PAGE.read_text(encoding="utf-8"))
    files = [file for file in dict.fromkeys(named) if (PACKAGE / f"{file}.py").is_file()]
    modules = [import_module("pronghorn." + file.replace("/", ".")) for file in files]
    for section in SECTIONS.values():
        for name in section.functions:
            assert any(_has(module, name) for module in modules), name


def _has(module: Any, name: str) -> bool:
    try:
        found = attrgetter(name)(module)
    except AttributeError:
        return False
    return getattr(inspect.unwrap(found), "__module__", None) == module.__name__


def test_the_drawing_is_what_was_traced(trace: Trace) -> None:
    assert f"```mermaid\n{drawing(trace)}\n```" in SECTIONS[""].text


def test_the_handler_is_what_the_compiler_writes() -> None:
    handler: Any = program().routes[-1]._compile_handler({})  # type: ignore[attr-defined]  # ours
    assert shown(handler.__pronghorn_source__) in SECTIONS["The compiled handler"].text


def test_the_way_is_one_short_function() -> None:
    assert len(inspect.getsource(dispatch.answer).splitlines()) <= 40
    assert shown(source_of(dispatch.answer)) in FILES["compile/dispatch.py"].text


@pytest.mark.parametrize("title", OTHERS)
def test_other_requests_enter_what_their_section_names(
    title: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "uvicorn.error")  # `GET /broken` is logged there.
    entered: set[str] = set()
    for target, status, access_log in OTHERS[title]:
        found, written = follow(program(title), target, access_log=access_log)
        assert written.split()[1] == status
        entered |= {call.name.partition(".<locals>")[0] for call in found.calls}
    assert SECTIONS[title].functions - entered == set()


def test_with_a_response_model_two_files_take_the_place_of_one() -> None:
    found, _ = follow(program("With a response model"), "/models/42?limit=5")
    instead = ["run/output/respond.py", "fields/field.py"]
    place = list(FILES).index("fields/json_writer.py")
    assert found.files() == [*list(FILES)[:place], *instead, *list(FILES)[place + 1 :]]
    assert len(found.files()) <= MOST_FILES


def test_the_access_log_needs_no_other_file() -> None:
    found, _ = follow(program(), TARGET, access_log=True)
    assert found.files() == list(FILES)


# --- the design page ------------------------------------------------------------------------------


async def get_session() -> AsyncIterator[str]:
    yield "session"


def test_the_design_page_shows_what_the_compiler_writes() -> None:
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def read_item(
        item_id: int, session: Annotated[str, Depends(get_session)], limit: int = 10
    ) -> dict[str, int]:
        return {"item_id": item_id, "limit": limit}

    handler: Any = app.routes[-1]._compile_handler({})  # type: ignore[attr-defined]  # ours
    page = (PAGE.parent / "design.md").read_text(encoding="utf-8")
    assert shown(handler.__pronghorn_source__) in page
