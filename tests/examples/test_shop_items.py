"""The shop's items: those of one user only, page by page, with exact prices."""

from __future__ import annotations

from typing import Any

import pytest

from pronghorn.testclient import TestClient

Headers = dict[str, str]

LAMP = {"name": "Lamp", "description": "It lights", "price": "19.90"}
MAX_ID = 2**63 - 1


@pytest.fixture
def lamp(client: TestClient, ann: Headers) -> str:
    """The path of an item that belongs to Ann."""
    return f"/items/{client.post('/items', json=LAMP, headers=ann).json()['id']}"


class TestCreate:
    def test_answers_with_the_item(self, client: TestClient, ann: Headers) -> None:
        response = client.post("/items", json=LAMP, headers=ann)
        assert response.status_code == 201
        item = response.json()
        assert item.pop("created_at").endswith("Z")
        assert item == {"id": 1, "owner_id": 1, **LAMP}

    def test_needs_a_token(self, client: TestClient) -> None:
        response = client.post("/items", json=LAMP)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"

    def test_the_owner_is_the_caller_whatever_the_body_says(
        self, client: TestClient, ann: Headers, bob: Headers
    ) -> None:
        assert ann
        item = client.post("/items", json={**LAMP, "owner_id": 1, "id": 50}, headers=bob).json()
        assert (item["owner_id"], item["id"]) == (2, 1)

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("0.10", "0.10"),
            (0.1, "0.10"),
            (7, "7.00"),
            ("1E3", "1000.00"),
            ("-0", "0.00"),
            ("1000000", "1000000.00"),
        ],
    )
    def test_keeps_prices_exact(
        self, client: TestClient, ann: Headers, sent: Any, kept: str
    ) -> None:
        created = client.post("/items", json={**LAMP, "price": sent}, headers=ann).json()
        read = client.get(f"/items/{created['id']}", headers=ann).json()
        assert created["price"] == read["price"] == kept

    @pytest.mark.parametrize(
        ("change", "field", "kind"),
        [
            ({"price": "-0.01"}, "price", "greater_than_equal"),
            ({"price": "1000000.01"}, "price", "less_than_equal"),
            ({"price": 10**400}, "price", "less_than_equal"),
            ({"price": "1E+999999"}, "price", "less_than_equal"),
            ({"price": "0.001"}, "price", "decimal_max_places"),
            ({"price": "NaN"}, "price", "finite_number"),
            ({"price": "Infinity"}, "price", "finite_number"),
            ({"price": "cheap"}, "price", "decimal_parsing"),
            ({"price": None}, "price", "decimal_type"),
            ({"price": [1]}, "price", "decimal_type"),
            ({"name": ""}, "name", "string_too_short"),
            ({"name": "n" * 101}, "name", "string_too_long"),
            ({"name": "La\0mp"}, "name", "nul_character"),
            ({"description": "d" * 1001}, "description", "string_too_long"),
            ({"description": "\0"}, "description", "nul_character"),
        ],
    )
    def test_refuses(
        self, client: TestClient, ann: Headers, change: dict[str, Any], field: str, kind: str
    ) -> None:
        response = client.post("/items", json={**LAMP, **change}, headers=ann)
        assert response.status_code == 422
        (error,) = response.json()["detail"]
        assert (error["loc"], error["type"]) == (["body", field], kind)


class TestList:
    @pytest.fixture(autouse=True)
    def five_items(self, client: TestClient, ann: Headers) -> None:
        """Ann has the items 1 to 5."""
        for number in range(1, 6):
            client.post("/items", json={**LAMP, "name": f"Lamp {number}"}, headers=ann)

    def test_returns_pages(self, client: TestClient, ann: Headers) -> None:
        pages, address = [], "/items?limit=2"
        while address:
            response = client.get(address, headers=ann)
            assert response.status_code == 200
            pages.append([item["id"] for item in response.json()["items"]])
            address = response.links.get("next", {}).get("url", "")
        assert pages == [[1, 2], [3, 4], [5]]

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=101",
            "limit=",
            "limit=many",
            "limit=-1",
            "cursor=x",
            "cursor=%00",
            f"cursor={'9' * 5000}",
        ],
    )
    def test_refuses(self, client: TestClient, ann: Headers, query: str) -> None:
        response = client.get(f"/items?{query}", headers=ann)
        assert response.status_code == 422
        (error,) = response.json()["detail"]
        assert error["loc"] == ["query", query.partition("=")[0]]

    def test_shows_nobody_elses_items(self, client: TestClient, bob: Headers) -> None:
        assert client.get("/items", headers=bob).json()["items"] == []
        assert client.get("/items").status_code == 401


class TestOneItem:
    def test_is_read(self, client: TestClient, ann: Headers, lamp: str) -> None:
        response = client.get(lamp, headers=ann)
        assert (response.status_code, response.json()["name"]) == (200, "Lamp")

    def test_is_changed_where_the_body_says_so(
        self, client: TestClient, ann: Headers, lamp: str
    ) -> None:
        before = client.get(lamp, headers=ann).json()
        response = client.patch(lamp, json={"price": "5"}, headers=ann)
        assert response.status_code == 200
        after = {**before, "price": "5.00"}
        assert response.json() == client.get(lamp, headers=ann).json() == after
        assert client.patch(lamp, json={}, headers=ann).json() == after
        assert client.patch(lamp, json={"owner_id": 2, "id": 9}, headers=ann).json() == after

    def test_null_clears_the_description_only(
        self, client: TestClient, ann: Headers, lamp: str
    ) -> None:
        changed = client.patch(lamp, json={"description": None}, headers=ann)
        assert (changed.status_code, changed.json()["description"]) == (200, None)
        assert client.patch(lamp, json={"name": None}, headers=ann).status_code == 422
        assert client.patch(lamp, json={"price": None}, headers=ann).status_code == 422

    def test_a_refused_change_changes_nothing(
        self, client: TestClient, ann: Headers, lamp: str
    ) -> None:
        before = client.get(lamp, headers=ann).json()
        body = {"name": "Torch", "price": "-1"}
        assert client.patch(lamp, json=body, headers=ann).status_code == 422
        assert client.get(lamp, headers=ann).json() == before

    def test_is_deleted_once(self, client: TestClient, ann: Headers, lamp: str) -> None:
        response = client.delete(lamp, headers=ann)
        assert (response.status_code, response.content) == (204, b"")
        for method in ("GET", "PATCH", "DELETE"):
            body = {} if method == "PATCH" else None
            assert client.request(method, lamp, headers=ann, json=body).status_code == 404

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    def test_is_for_its_owner_alone(
        self, client: TestClient, ann: Headers, bob: Headers, lamp: str, method: str
    ) -> None:
        body = {"price": "1"} if method == "PATCH" else None
        refused = client.request(method, lamp, headers=bob, json=body)
        assert refused.status_code == 403
        assert refused.json() == {"detail": "This item belongs to somebody else"}
        assert client.request(method, lamp, json=body).status_code == 401
        assert client.get(lamp, headers=ann).json()["price"] == "19.90"

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    @pytest.mark.parametrize(
        ("item_id", "status_code"),
        [
            ("999", 404),
            (str(MAX_ID), 404),
            (str(MAX_ID + 1), 422),
            ("9" * 5000, 422),
            ("0", 422),
            ("-1", 422),
            ("1.5", 422),
            ("one", 422),
            ("%00", 422),
            ("1%00", 422),
        ],
    )
    def test_no_id_breaks_it(
        self, client: TestClient, ann: Headers, method: str, item_id: str, status_code: int
    ) -> None:
        body = {} if method == "PATCH" else None
        response = client.request(method, f"/items/{item_id}", headers=ann, json=body)
        assert response.status_code == status_code
