"""`/openapi.json` is written once, and sent only to clients that do not have it."""

from typing import Any

from starlette.testclient import TestClient

from pronghorn import FastAPI


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/items")
    async def read_items() -> list[str]:
        return []

    return app


def test_a_client_that_has_the_document_gets_304() -> None:
    client = TestClient(make_app())
    first = client.get("/openapi.json")
    tag = first.headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = client.get("/openapi.json", headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/openapi.json", headers={"if-none-match": '"other"'}).json() == first.json()


def test_a_new_route_changes_document_and_tag() -> None:
    app = make_app()
    client = TestClient(app)
    before = client.get("/openapi.json")
    app.get("/more")(lambda: None)
    after = client.get("/openapi.json", headers={"if-none-match": before.headers["etag"]})
    assert "/more" in after.json()["paths"]


def test_each_root_path_has_its_servers_and_its_tag() -> None:
    app = make_app()
    tags = set()
    for number in range(20):
        answer = TestClient(app, root_path=f"/{number}").get("/openapi.json")
        assert answer.json()["servers"] == [{"url": f"/{number}"}]
        tags.add(answer.headers["etag"])
    assert len(tags) == 20
    assert "servers" not in TestClient(app).get("/openapi.json").json()


def test_a_method_of_the_program_may_change_what_it_gave_out() -> None:
    app = make_app()
    document: dict[str, Any] = {"openapi": "3.1.0", "asked": 0}

    def openapi() -> dict[str, Any]:
        document["asked"] += 1
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation shows
    client = TestClient(app)
    assert [client.get("/openapi.json").json()["asked"] for _ in range(3)] == [1, 2, 3]


def test_an_own_document_that_is_assigned_is_sent() -> None:
    app = make_app()
    client = TestClient(app)
    client.get("/openapi.json")
    app.openapi_schema = {"openapi": "3.1.0", "info": {"title": "Own", "version": "1"}}
    assert client.get("/openapi.json").json()["info"]["title"] == "Own"
