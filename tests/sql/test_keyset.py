"""What a request can ask of a list with a signed cursor, and what it is told when it cannot."""

from typing import Annotated, Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Integer, delete, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from pronghorn import WebSocket, WebSocketDisconnect
from pronghorn.exceptions import SetupError
from pronghorn.sql import Cursor, Keyset, cursor_key
from pronghorn.testclient import TestClient
from tests.sql.orders import Line, Order, OrderWithLines, Shop

KEY = "a key of the tests"
NULL_ROW = (
    "lines.id is NULL in a row of the statement, and the order does not say where such rows belong"
)
BY_ID = Keyset(Order.id, limit=2, key=KEY)


@pytest.fixture
def shop(database_url: str) -> Shop:
    return Shop(database_url)


def ids(response: Any) -> list[int]:
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


def walk(client: TestClient, path: str) -> list[list[int]]:
    response = client.get(path)
    pages = [ids(response)]
    while "next" in response.links and len(pages) < 20:
        response = client.get(response.links["next"]["url"])
        pages.append(ids(response))
    return pages


def test_rows_that_come_and_go_between_pages(shop: Shop) -> None:
    shop.add_list("/orders", Keyset(Order.name, Order.id, limit=2, key=KEY), select(Order))
    shop.change("/delete", lambda session: session.execute(delete(Order).where(Order.id == 1)))
    with TestClient(shop.app) as client:
        client.put("/fill")
        first = client.get("/orders")
        assert ids(first) == [0, 1]
        assert client.put("/delete").status_code == 200  # The cursor names this row.
        second = client.get(first.links["next"]["url"])
        assert ids(second) == [2, 3]
        assert ids(client.get(second.links["prev"]["url"])) == [0]
        third = client.get(second.links["next"]["url"])
        assert ids(third) == [4]
        assert "next" not in third.links


def test_statements_of_several_forms(shop: Shop) -> None:
    one_line = select(Order).join(Line).where(Line.note == "gift", Order.id > 0)
    shop.add_list("/join", BY_ID, one_line.order_by(Order.name).offset(1).limit(1))
    shop.add_list("/columns", BY_ID, select(Order.id, Order.name))
    shop.add_list("/table", BY_ID, select(Order.__table__))
    shop.add_list("/pairs", BY_ID, select(Order.name, Order.id), tuple[str, int])
    shop.add_list(
        "/options", BY_ID, select(Order).options(selectinload(Order.lines)), OrderWithLines
    )
    shop.add_list("/lines", Keyset(Line.id.desc(), limit=9, key=KEY), select(Line), dict[str, Any])
    with TestClient(shop.app) as client:
        client.put("/fill")
        assert walk(client, "/join") == [[1, 2], [3, 4]]
        assert walk(client, "/columns") == [[0, 1], [2, 3], [4]]
        assert walk(client, "/table") == [[0, 1], [2, 3], [4]]
        assert client.get("/pairs").json()["items"] == [["a", 0], ["b", 1]]
        lines = client.get("/options?limit=1").json()["items"][0]["lines"]
        assert lines == [{"id": 0}, {"id": 1}]


@pytest.mark.parametrize("change", ["shorten", "lengthen", "alter", "garbage", "other", "huge"])
def test_a_cursor_that_is_not_ours_is_a_422(sqlite_url: str, mode: str, change: str) -> None:
    shop = Shop(sqlite_url)
    shop.add_list("/orders", BY_ID, select(Order))
    shop.add_list("/others", BY_ID, select(Order))
    shop.add_list("/falling", Keyset(Order.id.desc(), limit=2, key=KEY), select(Order))
    shop.add_list("/key", Keyset(Order.id, limit=2, key="another key of the tests"), select(Order))
    with TestClient(shop.app) as client:
        client.put("/fill")
        cursor = client.get("/orders").json()["next"]
        for wrong in wrong_cursors(client, cursor, change):
            response = client.get("/orders", params={"cursor": wrong, "q": "x"})
            assert response.status_code == 422, wrong
            (error,) = response.json()["detail"]
            assert error["loc"] == ["query", "cursor"]
            assert error["input"] == wrong
            assert error["type"] == ("string_too_long" if change == "huge" else "cursor_invalid")


def wrong_cursors(client: TestClient, cursor: str, change: str) -> list[str]:
    if change == "shorten":
        return [cursor[:end] for end in range(1, len(cursor))]
    if change == "lengthen":
        return [f"{cursor}=", f"{cursor}A", f"{cursor} ", f"{cursor}\n", f"={cursor}"]
    if change == "alter":
        letters = ((n, "B" if letter == "A" else "A") for n, letter in enumerate(cursor))
        return [cursor[:n] + letter + cursor[n + 1 :] for n, letter in letters]
    if change == "garbage":
        return ["0", "%00", "\x00", "é", "\N{PILE OF POO}", "[]", "null", "a" * 4096]
    if change == "huge":
        return ["a" * 4097]
    return [client.get(path).json()["next"] for path in ("/others", "/falling", "/key")]


def test_the_error_of_a_cursor_in_full(sqlite_url: str) -> None:
    shop = Shop(sqlite_url)
    shop.add_list("/orders", BY_ID, select(Order))
    with TestClient(shop.app) as client:
        assert client.get("/orders?cursor=abc").json() == {
            "detail": [
                {
                    "type": "cursor_invalid",
                    "loc": ["query", "cursor"],
                    "msg": "Input should be a cursor that this list has returned; "
                    "omit it to get the first page",
                    "input": "abc",
                }
            ]
        }
        wrong = client.get("/orders?limit=101").json()["detail"]
        assert [error["loc"] for error in wrong] == [["query", "limit"]]
        client.put("/fill")
        assert ids(client.get("/orders?cursor=")) == [0, 1]


def test_a_websocket_reads_the_page_that_its_address_names(sqlite_url: str) -> None:
    shop = Shop(sqlite_url)
    shop.add_list("/orders", BY_ID, select(Order))
    session_type = Annotated[AsyncSession, shop.database.read_session]

    @shop.app.websocket("/socket")
    async def send_page(
        websocket: WebSocket, session: session_type, page: Annotated[Cursor, BY_ID]
    ) -> None:
        await websocket.accept()
        found = await page.of(session, select(Order.id))
        await websocket.send_json([found.items, found.next])

    with TestClient(shop.app) as client:
        client.put("/fill")
        with client.websocket_connect("/socket") as socket:
            items, cursor = socket.receive_json()
        assert items == [0, 1]
        with client.websocket_connect(f"/socket?cursor={cursor}&limit=1") as socket:
            assert socket.receive_json()[0] == [2]
        with pytest.raises(WebSocketDisconnect) as caught:
            client.websocket_connect("/socket?cursor=x").__enter__()
        assert caught.value.code == 1008


def test_processes_with_one_key_read_each_others_cursors(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(sqlite_url)
    monkeypatch.setenv("PRONGHORN_CURSOR_KEY", KEY)
    shop.add_list("/orders", Keyset(Order.id, limit=2), select(Order))
    another = Shop(sqlite_url)
    another.add_list("/orders", Keyset(Order.id, limit=2, key=SecretStr(KEY)), select(Order))
    with TestClient(shop.app) as client, TestClient(another.app) as other:
        client.put("/fill")
        assert ids(other.get(client.get("/orders").links["next"]["url"])) == [2, 3]


def test_a_program_without_a_key_does_not_start(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRONGHORN_CURSOR_KEY", raising=False)
    shop = Shop(sqlite_url)
    shop.add_list("/orders", Keyset(Order.id, limit=2), select(Order))
    with pytest.raises(SetupError) as caught, TestClient(shop.app):
        pass
    assert str(caught.value).partition("\n  where:")[0] == (
        "a route reads a signed cursor, and PRONGHORN_CURSOR_KEY is not set\n"
        "  probably: all processes and hosts need the same key, so that each accepts the cursors "
        "of the others\n"
        "  write:    export PRONGHORN_CURSOR_KEY=..., with a key as this prints one: "
        'python -c "import secrets; print(secrets.token_urlsafe(32))"\n'
        "            or Keyset(..., key=settings.secret_key)"
    )
    shop.app.dependency_overrides[cursor_key] = lambda: b"another key"
    with TestClient(shop.app) as client:
        client.put("/fill")
        assert walk(client, "/orders") == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(
    ("statement", "page", "message"),
    [
        (select(Order).join(Line), BY_ID, "two rows of the statement have the same key (0,)"),
        (
            select(Order).outerjoin(Line, Line.order_id == Order.id + 10),
            Keyset(Line.id, Order.id, key=KEY),
            NULL_ROW,
        ),
        (
            select(Order).options(joinedload(Order.lines)),
            BY_ID,
            "a page cannot be read with a collection that is joined to its rows",
        ),
        (
            select(Order).union(select(Order)),
            BY_ID,
            "`of` needs a select(...), and got the class CompoundSelect",
        ),
    ],
    ids=["repeated", "null", "joined", "union"],
)
def test_statements_without_pages_say_why(
    sqlite_url: str, statement: Any, page: Any, message: str
) -> None:
    shop = Shop(sqlite_url)
    shop.add_list("/orders", page, statement)
    with TestClient(shop.app) as client:
        client.put("/fill")
        with pytest.raises(SetupError) as caught:
            client.get("/orders")
    assert str(caught.value).splitlines()[0] == message


def test_values_that_a_cursor_cannot_contain(postgresql_url: str) -> None:
    shop = Shop(postgresql_url)
    shop.add_list("/money", Keyset(Order.price, Order.id, limit=2, key=KEY), select(Order))
    price = type_coerce(Order.price, Integer)
    shop.add_list("/cents", Keyset(price, Order.id, limit=2, key=KEY), select(Order))

    async def lengthen(session: Any) -> None:
        (await session.get(Order, 1)).name = "a" + "long" * 1000

    shop.change("/lengthen", lengthen)
    shop.add_list("/names", Keyset(Order.name, Order.id, limit=2, key=KEY), select(Order))
    with TestClient(shop.app) as client:
        client.put("/fill")
        with pytest.raises(SetupError, match="a page begins at a value of the type Money"):
            client.get("/money")
        assert walk(client, "/cents") == [[0, 1], [2, 3], [4]]
        client.put("/lengthen")
        with pytest.raises(SetupError, match="a long text is part of the order"):
            client.get("/names")
