"""The responses that an operation documents."""

# Endpoints are only documented here, so they have no body.
# mypy: disable-error-code="empty-body"
from collections.abc import AsyncIterable, Iterable
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from pronghorn.sse import EventSourceResponse, ServerSentEvent
from tests.openapi.documents import operation


class Item(BaseModel):
    a: int


REFERENCE = {"$ref": "#/components/schemas/Item"}


def nothing() -> None: ...


def answers(endpoint: Any = nothing, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = operation(endpoint, **options)["responses"]
    return found


def test_the_return_type_is_the_answer() -> None:
    def endpoint() -> Item: ...

    assert answers(endpoint, response_description="Found", status_code=201) == {
        "201": {"description": "Found", "content": {"application/json": {"schema": REFERENCE}}}
    }


@pytest.mark.parametrize(
    ("response_class", "content"),
    [
        (JSONResponse, {"application/json": {"schema": {}}}),
        (HTMLResponse, {"text/html": {"schema": {"type": "string"}}}),
        (Response, None),
        (StreamingResponse, None),
    ],
)
def test_the_response_class_decides_the_media_type(
    response_class: type[Response], content: dict[str, Any] | None
) -> None:
    assert answers(response_class=response_class)["200"].get("content") == content


def test_the_response_class_may_have_its_own_status_code() -> None:
    found = answers(response_class=RedirectResponse)
    assert found == {"307": {"description": "Successful Response"}}


@pytest.mark.parametrize("status_code", [204, 205, 304])
def test_some_status_codes_have_no_body(status_code: int) -> None:
    assert "content" not in answers(status_code=status_code)[str(status_code)]


def test_declared_answers_are_described_by_their_status_code() -> None:
    declared: dict[int | str, dict[str, Any]] = {
        404: {},
        "5xx": {},
        "default": {},
        499: {},
        410: {"description": "Sold"},
    }
    found = answers(responses=declared)
    assert {code: answer["description"] for code, answer in found.items()} == {
        "200": "Successful Response",
        "404": "Not Found",
        "5XX": "Server Error",
        "default": "Default Response",
        "499": "Additional Response",
        "410": "Sold",
    }


def test_declared_models_have_a_schema_beside_other_content() -> None:
    content = {"application/json": {"example": {"a": 1}}, "image/png": {}}
    declared: dict[int | str, dict[str, Any]] = {404: {"model": Item, "content": content}}
    assert answers(responses=declared)["404"]["content"] == {
        "application/json": {"schema": REFERENCE, "example": {"a": 1}},
        "image/png": {},
    }
    assert declared == {404: {"model": Item, "content": content}}


def test_a_declared_answer_adds_to_that_of_the_endpoint() -> None:
    declared: dict[int | str, dict[str, Any]] = {
        200: {"content": {"image/png": {}}, "headers": {"X-A": {"schema": {"type": "string"}}}}
    }
    found = answers(responses=declared)["200"]
    assert list(found["content"]) == ["application/json", "image/png"]
    assert found["description"] == "Successful Response"
    assert "X-A" in found["headers"]


def test_a_key_that_is_no_status_code_is_refused() -> None:
    with pytest.raises(ValueError, match="HELLO"):
        answers(responses={"hello": {"description": "?"}})


def test_answers_to_invalid_requests_are_added_where_they_can_happen() -> None:
    def endpoint(q: int) -> None: ...

    assert "422" not in answers()
    assert answers(endpoint)["422"] == {
        "description": "Validation Error",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}
        },
    }


@pytest.mark.parametrize("code", [422, "4XX", "default"])
def test_answers_to_invalid_requests_can_be_declared(code: int | str) -> None:
    def endpoint(q: int) -> None: ...

    found = answers(endpoint, responses={code: {"description": "Mine"}})
    assert found[str(code)]["description"] == "Mine"
    assert len(found) == 2


def test_a_generator_is_a_stream_of_json_lines() -> None:
    async def typed() -> AsyncIterable[Item]:
        yield Item(a=1)

    async def untyped():  # type: ignore[no-untyped-def]  # that is what is tested
        yield 1

    lines = "application/jsonl"
    assert answers(typed)["200"]["content"] == {lines: {"itemSchema": REFERENCE}}
    assert answers(untyped)["200"]["content"] == {lines: {"itemSchema": {}}}


def test_a_generator_can_be_a_stream_of_events() -> None:
    def typed() -> Iterable[Item]:
        yield Item(a=1)

    def events() -> Iterable[ServerSentEvent]:
        yield ServerSentEvent(data=1)

    found = answers(typed, response_class=EventSourceResponse)["200"]["content"]
    schema = found["text/event-stream"]["itemSchema"]
    assert schema["required"] == ["data"]
    assert schema["properties"]["data"] == {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": REFERENCE,
    }
    found = answers(events, response_class=EventSourceResponse)["200"]["content"]
    schema = found["text/event-stream"]["itemSchema"]
    assert "required" not in schema
    assert schema["properties"]["data"] == {"type": "string"}
