"""The results of prepared reads: lists, single rows, scalars, tuples, and models of all kinds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, RootModel
from pydantic.dataclasses import dataclass as pydantic_dataclass
from sqlalchemy import (
    JSON,
    Integer,
    String,
    bindparam,
    column,
    func,
    literal,
    select,
    text,
    type_coerce,
    union,
)
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.orm import aliased, undefer, with_loader_criteria
from typing_extensions import TypedDict

from pronghorn.sql import Database
from tests.sql.prepared.shop import Crate, Gift, Item, ItemOut, Owner, run


async def read_by_orm(database: Database, statement: Any, model: Any) -> list[Any]:
    async with database.transaction(read_only=True) as session:
        return [model.model_validate(row) for row in (await session.scalars(statement)).unique()]


def test_all_one_and_first(database: Database) -> None:
    find = database.prepare(
        select(Item).where(Item.owner_id == bindparam("owner")).order_by(Item.id), ItemOut
    )

    async def work() -> None:
        for _ in range(2):
            assert await find(owner=1) == [
                ItemOut(id=1, title="lamp", price=Decimal("19.90")),
                ItemOut(id=2, title="chair", price=Decimal("5.00")),
            ]
            assert await find(owner=9) == []
            assert (await find.first(owner=1)) == ItemOut(id=1, title="lamp", price="19.90")
            assert await find.first(owner=9) is None
            assert await find.one_or_none(owner=9) is None
            with pytest.raises(NoResultFound):
                await find.one(owner=9)
            with pytest.raises(MultipleResultsFound):
                await find.one(owner=1)
            with pytest.raises(MultipleResultsFound):
                await find.one_or_none(owner=1)

    run(database, work)


def test_one_row(database: Database) -> None:
    find = database.prepare(select(Item).where(Item.id == bindparam("number")), ItemOut)

    async def work() -> None:
        expected = ItemOut(id=1, title="lamp", price=Decimal("19.90"))
        assert await find.one(number=1) == await find.one_or_none(number=1) == expected
        assert expected.model_fields_set == (await find.one(number=1)).model_fields_set

    run(database, work)


class Named(TypedDict):
    id: int
    name: str


@dataclass
class Plain:
    id: int
    title: str
    note: str = "none"


@pydantic_dataclass
class Checked:
    id: int
    label: str = Field(validation_alias="title")


def test_scalars_tuples_and_other_classes(database: Database) -> None:
    one = select(Item).where(Item.id == 1)
    names = select(Owner.id, Owner.name).order_by(Owner.id)
    count = database.prepare(select(func.count()).select_from(Item), int)
    titles = database.prepare(select(Item.title).order_by(Item.id), RootModel[str])
    pairs = database.prepare(names, tuple[int, str])
    dicts = database.prepare(names, Named)
    plain = database.prepare(one, Plain)
    checked = database.prepare(one, Checked)
    prices = database.prepare(select(Item.price, Item.id).where(Item.id == 2), tuple[Decimal, int])

    async def work() -> None:
        for _ in range(2):
            assert await count() == [4]
            assert await count.one() == 4
            assert (await titles())[0] == RootModel[str]("lamp")
            assert await pairs() == [(1, "Ada"), (2, "Bob")]
            assert await dicts() == [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]
            assert await plain.one() == Plain(1, "lamp")
            assert await checked.one() == Checked(id=1, title="lamp")
            assert await prices.one() == (Decimal("5.00"), 2)

    run(database, work)


class Aliased(BaseModel):
    model_config = ConfigDict(from_attributes=True, populate_by_name=True)

    number: int = Field(alias="id")
    label: str = Field(validation_alias=AliasChoices("headline", "title"))
    price: float = Field(alias="cost", default=0)


class Strict(BaseModel):
    model_config = ConfigDict(from_attributes=True, strict=True, extra="forbid")

    id: int
    price: Decimal
    unknown: str = "default"


class Hidden(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    heading: str
    secret: str


class Loose(BaseModel):
    model_config = ConfigDict(from_attributes=True, extra="allow")

    title: str


def test_the_result_is_that_of_a_validated_object(database: Database) -> None:
    statements: list[Any] = [
        select(Item).order_by(Item.id),
        select(Gift),
        select(Crate).where(Crate.weight > 1),
        select(Item).join(Owner).where(Owner.name == "Ada").order_by(Item.id),
        select(Item).options(with_loader_criteria(Item, Item.id < 3)).order_by(Item.id),
        select(Item).where(Item.id.in_([1, 3])).order_by(Item.title).limit(1),
    ]

    async def work() -> None:
        for statement in statements:
            for model in (Aliased, Strict, Hidden, Loose):
                loading = statement.options(undefer(Item.secret))
                expected = await read_by_orm(database, loading, model)
                found = await database.prepare(statement, model)()
                assert expected
                assert found == expected
                assert [one.model_fields_set for one in found] == [
                    one.model_fields_set for one in expected
                ]

    run(database, work)


class WithDocument(BaseModel):
    city: str = Field(validation_alias=AliasPath("document", "city"))


def test_statements_of_other_forms(database: Database) -> None:
    other = aliased(Item)
    forms: list[tuple[Any, Any, Any]] = [
        (select(other).where(other.id == 2), ItemOut, [(2, "chair")]),
        (
            select(Item, Item.upper_title.label("note")).where(Item.id == 1),
            Plain,
            [(1, "lamp", "LAMP")],
        ),
        (union(select(Item.id, Item.title), select(Owner.id, Owner.name)), Plain, None),
        (
            text("SELECT id, title FROM items WHERE id = :number").columns(
                column("id", Integer), column("title", String)
            ),
            Plain,
            [(1, "lamp")],
        ),
        (select(Item.__table__).where(Item.__table__.c.id == 1), Plain, [(1, "lamp")]),
        (select(Owner.id, Item.title).join(Item).where(Item.id == 3), Plain, [(2, "vase")]),
    ]

    async def work() -> None:
        for statement, model, expected in forms:
            find = database.prepare(statement, model)
            given = {"number": 1} if "number" in str(statement) else {}
            found = [tuple(vars(one).values()) for one in await find(**given)]
            if expected is None:
                assert len(found) == 6
            else:
                assert [row[: len(expected[0])] for row in found] == expected

    run(database, work)


def test_distinct_rows_are_compared_with_all_columns(database: Database) -> None:
    class Kind(BaseModel):
        owner_id: int

    everything = database.prepare(select(Item).distinct(), Kind)
    narrow = database.prepare(select(Item.owner_id).distinct(), Kind)

    async def work() -> None:
        assert len(await everything()) == 4
        assert len(await narrow()) == 2

    run(database, work)


def test_an_entity_of_which_no_column_is_read_stays_in_the_statement(database: Database) -> None:
    class Total(BaseModel):
        total: int

    find = database.prepare(select(Item, literal(7).label("total")), Total)

    async def work() -> None:
        assert [one.total for one in await find()] == [7, 7, 7, 7]

    run(database, work)


def test_a_path_into_a_document(database: Database) -> None:
    document = type_coerce(bindparam("given", type_=JSON), JSON).label("document")
    find = database.prepare(select(document), WithDocument)

    async def work() -> None:
        assert (await find.one(given={"city": "Turin"})).city == "Turin"

    run(database, work)
