"""What cannot be prepared is an error when the application starts, which says why."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel, Field
from sqlalchemy import bindparam, column, insert, select, text, update
from sqlalchemy.orm import Bundle, load_only, selectinload

from pronghorn import FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.sql.prepared.shop import Item, ItemOut, Owner, run


class Typo(BaseModel):
    titel: str


class WithRelation(BaseModel):
    owner: Any = None


class WithProperty(BaseModel):
    label: str = Field(alias="shown")


class WithHybrid(BaseModel):
    upper_title: str


class WithSize(BaseModel):
    size: Any


class WithId(BaseModel):
    id: int


CTE = insert(Owner).values(id=1, name="x").returning(Owner.id).cte()
#: The statement, the model, and a part of each line of the message.
MISTAKES: dict[str, tuple[Any, Any, list[str]]] = {
    "an update": (
        update(Item).values(title="x"),
        ItemOut,
        ["this UPDATE returns none", "RETURNING was left out", "update(Item)....returning(Item)"],
    ),
    "a text": (
        text("SELECT 1"),
        int,
        ["got TextClause ('SELECT 1')", "no names and types", ".columns(Item.id, Item.title)"],
    ),
    "no statement": (Item, ItemOut, ["takes a SELECT, or a statement with", "select(Item)"]),
    "an insert inside": (
        select(CTE.c.id),
        int,
        ["inserts, updates or deletes in a CTE", "await session.execute(...)"],
    ),
    "loader options": (
        select(Item).options(selectinload(Item.owner)),
        ItemOut,
        [".options(...) that say what the ORM loads", "related objects are not loaded", "a join"],
    ),
    "column options": (
        select(Item).options(load_only(Item.title)),
        ItemOut,
        [".options(...) that say what the ORM loads", "the model decides which columns"],
    ),
    "a map of schemas": (
        select(Item).execution_options(schema_translate_map={None: "x"}),
        ItemOut,
        ["the execution option schema_translate_map", "await session.execute(...)"],
    ),
    "a bundle": (
        select(Bundle("both", Item.id, Item.title)),
        ItemOut,
        ["selects the bundle 'both'", "its columns, without Bundle(...)"],
    ),
    "a literal parameter": (
        select(Item).where(Item.id == bindparam("number", literal_execute=True)),
        ItemOut,
        ["bindparam('number', literal_execute=True) is part of the text", "bindparam('number')"],
    ),
    "a missing column": (
        select(Item),
        Typo,
        ["Typo.titel reads 'titel', and the statement has only id, kind, ", "the column 'title'"],
    ),
    "a relation": (
        select(Item),
        WithRelation,
        ["WithRelation.owner reads 'owner'", "is a relationship", "loads no related objects"],
    ),
    "a property": (
        select(Item),
        WithProperty,
        ["WithProperty.label reads 'shown'", "an attribute of Python objects", '.label("shown")'],
    ),
    "a hybrid property": (
        select(Item),
        WithHybrid,
        ["WithHybrid.upper_title reads 'upper_title'", "computed by SQL only if", ".label("],
    ),
    "a composite": (select(Item), WithSize, ["WithSize.size", "is made of several columns"]),
    "two columns of a name": (
        select(Item, Owner).join(Owner),
        WithId,
        ["WithId.id reads 'id', and the statement has several columns of that name", ".label("],
    ),
    "a scalar of many columns": (
        select(Item.id, Item.title),
        int,
        ["int is one value, and a row of the statement has 2: id, title", "select(Item.id)"],
    ),
    "a mapped class": (
        select(Item.id),
        Item,
        ["Pydantic cannot validate Item", "a mapped class", "class ItemOut(BaseModel)"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found_without_a_database(mistake: str) -> None:
    statement, model, parts = MISTAKES[mistake]
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    find = database.prepare(statement, model)

    async def start() -> None:
        async with database.lifespan():
            pass

    with pytest.raises(SetupError) as caught:
        asyncio.run(start())
    for part in parts:
        assert part in str(caught.value), str(caught.value)
    assert f"where:    {__file__}:" in str(caught.value)
    with pytest.raises(SetupError):
        find.check()


def test_a_mistake_keeps_the_application_from_starting(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    find = database.prepare(select(Item), Typo)
    app = FastAPI(lifespan=database.lifespan)

    @app.get("/")
    async def read() -> list[Typo]:
        return await find()

    with pytest.raises(SetupError, match="reads 'titel'"), TestClient(app):
        pass


def test_the_whole_message() -> None:
    find = Database("sqlite://").prepare(select(Owner), Typo)
    with pytest.raises(SetupError) as caught:
        find.check()
    place = str(caught.value).rpartition("where:    ")[2]
    assert str(caught.value) == (
        "Typo.titel reads 'titel', and the statement has only id, name\n"
        '  write:    a column of that name: select(..., expression.label("titel")); or a default '
        "for the field\n"
        f"  where:    {place}"
    )
    assert repr(find) == f"<PreparedRead of Typo ({place})>"


def test_a_text_without_columns_is_said_to_have_none() -> None:
    find = Database("sqlite://").prepare(text("SELECT 1 AS id").columns(), Typo)
    with pytest.raises(SetupError, match="and the statement has no columns that are known\n"):
        find.check()


def test_a_read_may_be_prepared_before_its_model_is_complete(sqlite_url: str) -> None:
    class Early(BaseModel):
        later: Later | None = None

    database = Database(sqlite_url)
    find = database.prepare(select(column("later")), Early)

    class Later(BaseModel):
        number: int

    Early.model_rebuild(_types_namespace={"Later": Later})
    find.check()


def test_parameters(database: Database) -> None:
    statement = (
        select(Item.id)
        .where(Item.owner_id == bindparam("owner"), Item.id.in_(bindparam("numbers")))
        .limit(bindparam("limit", 1))
        .offset(bindparam(None, callable_=lambda: 0))
    )
    find = database.prepare(statement.order_by(Item.id), int)

    async def work() -> None:
        assert await find(owner=1, numbers=[1, 2, 3]) == [1]
        assert await find(owner=1, numbers=(1, 2, 3), limit=9) == [1, 2]
        assert await find(owner=1, numbers=[], limit=9) == []
        assert await find(owner=None, numbers=[1]) == []
        for given, message in {
            "ownr": "the statement has no parameter 'ownr'; did you mean 'owner'? It has: "
            "limit, numbers, owner",
            "xyz": "the statement has no parameter 'xyz'. It has: limit, numbers, owner",
        }.items():
            with pytest.raises(TypeError) as caught:
                await find(**{"owner": 1, "numbers": [], given: 1})
            assert str(caught.value) == message
        with pytest.raises(TypeError, match=r"^the statement needs a value for 'numbers'$"):
            await find(owner=1)

    run(database, work)
