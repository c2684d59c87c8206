"""Items over HTTP, on a real database."""

from pronghorn.testclient import TestClient


def test_an_item_is_added_and_read(client: TestClient) -> None:
    added = client.post("/items", json={"name": " Lamp "})
    assert added.status_code == 201
    item = {"id": added.json()["id"], "name": "Lamp", "description": None}
    assert added.json() == item
    assert client.get(f"/items/{item['id']}").json() == item


def test_a_name_is_taken_once(client: TestClient) -> None:
    assert client.post("/items", json={"name": "Lamp"}).status_code == 201
    assert client.post("/items", json={"name": "Lamp"}).status_code == 409
    assert len(client.get("/items").json()["items"]) == 1


def test_an_item_is_changed(client: TestClient) -> None:
    item = client.post("/items", json={"name": "Lamp"}).json()
    changed = client.put(f"/items/{item['id']}", json={"name": "Chair", "description": "Oak"})
    assert changed.json() == {"id": item["id"], "name": "Chair", "description": "Oak"}


def test_an_item_is_deleted(client: TestClient) -> None:
    item = client.post("/items", json={"name": "Lamp"}).json()
    assert client.delete(f"/items/{item['id']}").status_code == 204
    assert client.get(f"/items/{item['id']}").status_code == 404
    assert client.delete(f"/items/{item['id']}").status_code == 404


def test_pages_have_every_item_once(client: TestClient) -> None:
    names = [f"Item {number}" for number in range(5)]
    for name in names:
        client.post("/items", json={"name": name})
    found: list[str] = []
    address = "/items?limit=2"
    while address:
        page = client.get(address)
        found += [item["name"] for item in page.json()["items"]]
        address = page.links.get("next", {}).get("url", "")
    assert found == names


def test_what_is_invalid_is_refused(client: TestClient) -> None:
    for form in ({}, {"name": ""}, {"name": "x" * 101}, {"name": "Lamp", "price": 3}):
        assert client.post("/items", json=form).status_code == 422
    assert client.get("/items").json()["items"] == []
