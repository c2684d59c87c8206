"""The responses to invalid requests that a program documents in place of the 422."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from pronghorn import APIRouter, FastAPI, Request
from pronghorn.exceptions import RequestValidationError, SetupError
from pronghorn.responses import JSONResponse
from pronghorn.testclient import TestClient
from tests.openapi.documents import operation

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    title: str


REFERENCE = {"$ref": "#/components/schemas/Problem"}
PROBLEM = {"content": {MEDIA_TYPE: {"model": Problem}}}


def read(number: int) -> None: ...


def nothing() -> None: ...


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document as a client receives it."""
    found: dict[str, Any] = TestClient(app).get("/openapi.json").json()
    return found


def responses(app: FastAPI, path: str) -> dict[str, Any]:
    """Return the documented responses of `GET path`, without the 200."""
    found: dict[str, Any] = document(app)["paths"][path]["get"]["responses"]
    return {key: answer for key, answer in found.items() if key != "200"}


def test_the_declared_response_takes_the_place_of_the_422() -> None:
    app = FastAPI(validation_error_responses={400: PROBLEM})
    app.get("/{number}")(read)
    app.get("/")(nothing)
    content = {MEDIA_TYPE: {"schema": REFERENCE}}
    assert responses(app, "/{number}") == {
        "400": {"description": "Bad Request", "content": content}
    }
    assert responses(app, "/") == {}
    assert list(document(app)["components"]["schemas"]) == ["Problem"]


def test_a_model_without_a_media_type_is_json() -> None:
    described = {"model": Problem, "description": "Not valid"}
    app = FastAPI(validation_error_responses={"4xx": described})
    app.get("/{number}")(read)
    content = {"application/json": {"schema": REFERENCE}}
    assert responses(app, "/{number}") == {"4XX": {"description": "Not valid", "content": content}}


def test_an_empty_dict_documents_no_response() -> None:
    app = FastAPI(validation_error_responses={})
    app.get("/{number}")(read)
    assert responses(app, "/{number}") == {}
    assert "components" not in document(app)


@pytest.mark.parametrize("covering", [400, "4XX", "default"])
def test_a_response_of_the_operation_takes_precedence(covering: int | str) -> None:
    app = FastAPI(validation_error_responses={400: PROBLEM})
    app.get("/{number}", responses={covering: {"description": "Own"}})(read)
    assert responses(app, "/{number}") == {str(covering): {"description": "Own"}}


def test_another_status_of_the_operation_does_not_cover_it() -> None:
    app = FastAPI(validation_error_responses={400: PROBLEM})
    app.get("/{number}", responses={422: {"description": "Own"}})(read)
    assert responses(app, "/{number}").keys() == {"400", "422"}


def test_it_reaches_included_routers_callbacks_and_webhooks() -> None:
    callbacks = APIRouter()
    callbacks.get("/called/{number}")(read)
    inner, outer = APIRouter(prefix="/inner"), APIRouter()
    inner.get("/{number}", callbacks=callbacks.routes)(read)
    outer.include_router(inner, prefix="/outer")
    app = FastAPI(validation_error_responses={400: PROBLEM})
    app.include_router(outer)
    app.webhooks.get("told")(read)
    assert responses(app, "/outer/inner/{number}").keys() == {"400"}
    found = document(app)
    called = found["paths"]["/outer/inner/{number}"]["get"]["callbacks"]["read"]["/called/{number}"]
    assert called["get"]["responses"].keys() == {"200", "400"}
    assert found["webhooks"]["told"]["get"]["responses"].keys() == {"200", "400"}


def test_it_follows_the_attribute() -> None:
    app = FastAPI()
    app.get("/{number}")(read)
    app.validation_error_responses = {400: PROBLEM}
    assert responses(app, "/{number}").keys() == {"400"}


def test_the_handler_and_the_document_agree(mode: str) -> None:
    app = FastAPI(validation_error_responses={400: PROBLEM})
    app.get("/{number}")(read)

    @app.exception_handler(RequestValidationError)
    async def answer(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"title": "No"}, status_code=400, media_type=MEDIA_TYPE)

    response = TestClient(app).get("/one")
    (status, documented), *_ = responses(app, "/{number}").items()
    assert response.status_code == int(status)
    assert response.headers["content-type"] in documented["content"]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ([422], "validation_error_responses must be a dict of responses by status code"),
        ({422: Problem}, "An additional response must be a dict"),
        ({422: {"model": object()}}, "Invalid args for response field"),
        ({"teapot": {"model": Problem}}, "has the key 'teapot', which is not a status code"),
        ({204: {"model": Problem}}, "Status code 204 must not have a response body"),
    ],
)
def test_a_mistake_is_reported_where_the_application_is_made(declared: Any, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        FastAPI(validation_error_responses=declared)


@pytest.mark.parametrize("key", ["4XX", "4xx", "default", "DEFAULT", "404"])
def test_a_range_may_have_a_model(key: str) -> None:
    found = operation(nothing, responses={key: {"model": Problem}})["responses"]
    ((documented, answer),) = ((code, body) for code, body in found.items() if code != "200")
    assert documented == {"4xx": "4XX", "DEFAULT": "default"}.get(key, key)
    assert answer["content"] == {"application/json": {"schema": REFERENCE}}


def test_each_media_type_of_a_response_may_have_a_model() -> None:
    class Row(BaseModel):
        cell: int

    declared = {
        404: {"model": Row, "content": {MEDIA_TYPE: {"model": Problem, "example": {"title": "No"}}}}
    }
    assert operation(nothing, responses=declared)["responses"]["404"]["content"] == {
        "application/json": {"schema": {"$ref": "#/components/schemas/Row"}},
        MEDIA_TYPE: {"schema": REFERENCE, "example": {"title": "No"}},
    }
    assert declared[404]["content"][MEDIA_TYPE]["model"] is Problem  # type: ignore[index]


@pytest.mark.parametrize("declare", [APIRouter, FastAPI])
def test_models_of_media_types_are_inherited(declare: Callable[..., Any]) -> None:
    group = declare(responses={404: PROBLEM})
    group.get("/")(nothing)
    app = FastAPI()
    app.include_router(group) if declare is APIRouter else app.mount("/", group)
    shown = app if declare is APIRouter else group
    assert responses(shown, "/")["404"]["content"] == {MEDIA_TYPE: {"schema": REFERENCE}}
