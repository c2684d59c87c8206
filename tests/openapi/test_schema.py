"""The whole document: paths, operations, security, callbacks, webhooks and extensions."""

# Endpoints are only documented here, so they have no body.
# mypy: disable-error-code="empty-body"
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ValidationError
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from pronghorn.openapi.models import Example
from pronghorn.openapi.utils import generate_operation_summary, get_fields_from_routes
from pronghorn.param_functions import Body, Depends, Form, Security
from pronghorn.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from tests.openapi.documents import document, operation, route


class Item(BaseModel):
    a: int


def nothing() -> None: ...


def read(item: Item) -> None: ...


def test_facts_about_the_api_are_in_the_document() -> None:
    found = document(
        openapi_version="3.1.1",
        summary="Sells",
        description="Everything",
        terms_of_service="https://example.com/terms",
        contact={"name": "Us", "url": "https://example.com", "x-room": 1},
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": "/api"}],
        tags=[{"name": "items", "x-icon": "i"}],
        external_docs={"url": "https://example.com/docs"},
    )
    assert found == {
        "openapi": "3.1.1",
        "info": {
            "title": "Shop",
            "summary": "Sells",
            "description": "Everything",
            "termsOfService": "https://example.com/terms",
            "contact": {"name": "Us", "url": "https://example.com/", "x-room": 1},
            "license": {"name": "MIT", "identifier": "MIT"},
            "version": "1",
        },
        "servers": [{"url": "/api"}],
        "paths": {},
        "tags": [{"name": "items", "x-icon": "i"}],
        "externalDocs": {"url": "https://example.com/docs"},
    }


def test_what_the_specification_forbids_is_refused() -> None:
    with pytest.raises(ValidationError, match="url"):
        document(license_info={"name": "MIT", "url": "no url"})


def test_only_visible_routes_with_a_plan_are_shown() -> None:
    class Context:
        def __init__(self, original_route: Any) -> None:
            self.original_route = original_route

    found = document(
        Mount("/mounted", routes=[]),
        Route("/plain", lambda request: PlainTextResponse("")),
        route(nothing, "/hidden", include_in_schema=False),
        route(nothing, "/shown"),
        Context(route(nothing, "/in-context")),
    )
    assert list(found["paths"]) == ["/shown", "/in-context"]


def test_an_operation_describes_itself() -> None:
    def find_all_items() -> None:
        """Find them.

        All of them.
        \f
        Not for readers.
        """

    found = operation(find_all_items, "/items", tags=["items"], deprecated=True)
    assert found == {
        "tags": ["items"],
        "summary": "Find All Items",
        "description": "Find them.\n\nAll of them.",
        "operationId": "find_all_items_items_get",
        "responses": {
            "200": {
                "description": "Successful Response",
                "content": {"application/json": {"schema": {}}},
            }
        },
        "deprecated": True,
    }


def test_attributes_set_after_the_declaration_count() -> None:
    declared = route(nothing)
    declared.operation_id = "other"
    declared.summary = "Else"
    found = document(declared)["paths"]["/"]["get"]
    assert (found["operationId"], found["summary"]) == ("other", "Else")


def test_routes_of_one_path_are_one_path_item() -> None:
    several = route(nothing, "/a", methods=["POST", "PUT"], operation_id="several")
    with pytest.warns(UserWarning, match="several"):
        found = document(route(nothing, "/a"), several)
    assert list(found["paths"]["/a"]) == ["get", "put", "post"]


def test_a_repeated_operation_id_is_reported() -> None:
    routes = [route(nothing, path, operation_id="same") for path in ("/a", "/b")]
    with pytest.warns(UserWarning, match="Duplicate Operation ID same for function nothing at .*"):
        document(*routes)


def test_bodies_are_shown_for_methods_that_may_have_one() -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}}
    assert operation(read, methods=["PUT"])["requestBody"] == {**body, "required": True}
    assert "requestBody" in operation(read, methods=["GET"])
    assert "requestBody" not in operation(read, methods=["TRACE"])


def test_a_body_has_examples_and_a_media_type() -> None:
    examples: dict[str, Example] = {"one": {"value": {"a": 1}}}
    marker = Body(media_type="application/vnd.shop+json", openapi_examples=examples)

    def endpoint(item: Annotated[Item | None, marker] = None) -> None: ...

    body = operation(endpoint, methods=["POST"])["requestBody"]
    assert body["content"]["application/vnd.shop+json"]["examples"] == examples
    assert "required" not in body


def test_a_form_is_one_object() -> None:
    def endpoint(name: Annotated[str, Form()], age: Annotated[int, Form()] = 1) -> None: ...

    found = document(route(endpoint, methods=["POST"]))
    body = found["paths"]["/"]["post"]["requestBody"]["content"]
    assert body == {
        "application/x-www-form-urlencoded": {
            "schema": {"$ref": "#/components/schemas/Body_endpoint__post"}
        }
    }
    schema = found["components"]["schemas"]["Body_endpoint__post"]
    assert (list(schema["properties"]), schema["required"]) == (["name", "age"], ["name"])


def test_each_security_scheme_is_required_once_with_all_scopes() -> None:
    oauth2 = OAuth2PasswordBearer("token", scopes={"read": "Read"})
    key = APIKeyHeader(name="key", scheme_name="Key")

    def user(token: Annotated[str, Security(oauth2, scopes=["read"])]) -> None: ...

    def endpoint(
        user: Annotated[None, Security(user, scopes=["me"])],
        key: Annotated[str, Depends(key)],
        token: Annotated[str, Security(oauth2, scopes=["write", "read"])],
    ) -> None: ...

    found = document(route(endpoint, dependencies=[Depends(HTTPBearer())]))
    assert found["paths"]["/"]["get"]["security"] == [
        {"HTTPBearer": []},
        {"OAuth2PasswordBearer": ["me", "read", "write"]},
        {"Key": []},
    ]
    assert found["components"]["securitySchemes"] == {
        "HTTPBearer": {"type": "http", "scheme": "bearer"},
        "OAuth2PasswordBearer": {
            "type": "oauth2",
            "flows": {"password": {"scopes": {"read": "Read"}, "tokenUrl": "token"}},
        },
        "Key": {"type": "apiKey", "in": "header", "name": "key"},
    }


def test_callbacks_are_shown_with_their_schemas_but_not_their_security() -> None:
    key = APIKeyHeader(name="key")

    def paid(item: Item, sender: Annotated[str, Depends(key)]) -> None: ...

    callbacks = [route(paid, "{$url}/paid", methods=["POST"])]
    found = document(route(nothing, callbacks=callbacks))
    callback = found["paths"]["/"]["get"]["callbacks"]["paid"]["{$url}/paid"]["post"]
    assert callback["security"] == [{"APIKeyHeader": []}]
    assert list(found["components"]) == ["schemas"]
    assert "Item" in found["components"]["schemas"]


def test_webhooks_are_shown_apart() -> None:
    found = document(webhooks=[route(read, "sold", methods=["POST"])])
    assert found["paths"] == {}
    assert found["webhooks"]["sold"]["post"]["operationId"] == "readsold_post"
    assert "Item" in found["components"]["schemas"]


def test_an_extension_is_merged_into_the_operation_and_stays_as_it_was() -> None:
    extra: dict[str, Any] = {
        "x-rate": 3,
        "tags": ["b"],
        "requestBody": {"content": {"text/csv": {"schema": {"type": "string"}}}},
        "responses": {"422": {"description": "Wrong"}},
    }
    declared = route(read, methods=["POST"], tags=["a"], openapi_extra=extra)
    for _ in range(2):
        found = document(declared)["paths"]["/"]["post"]
        assert found["x-rate"] == 3
        assert found["tags"] == ["a", "b"]
        assert list(found["requestBody"]["content"]) == ["application/json", "text/csv"]
        assert found["responses"]["422"]["description"] == "Wrong"
    untouched = operation(read, "/other", methods=["POST"])
    assert untouched["responses"]["422"]["description"] == "Validation Error"


def test_the_fields_of_routes_can_be_listed() -> None:
    def endpoint(item: Item, q: int) -> Item: ...

    found = get_fields_from_routes([route(endpoint, methods=["POST"])])
    assert [field.name for field in found] == ["item", "Response_endpoint__post", "q"]


def test_the_summary_can_be_asked_for() -> None:
    assert generate_operation_summary(route=route(nothing), method="get") == "Nothing"
