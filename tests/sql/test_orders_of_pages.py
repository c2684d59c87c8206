"""Orders that cannot have pages are errors when the program starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    ARRAY,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    desc,
    func,
    nulls_last,
    text,
)
from sqlalchemy.orm import aliased

from pronghorn.exceptions import SetupError
from pronghorn.sql import Keyset, Offset
from tests.sql.orders import Line, Order

KEY = "a key of the tests"
THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("code", String, nullable=False, unique=True),
    Column("slug", String, nullable=False, index=True, unique=True),
    Column("year", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("maybe", String, unique=True),
    Column("active", String, nullable=False),
    Column("tags", ARRAY(String), nullable=False),
    UniqueConstraint("year", "number"),
)
Index("active_once", THINGS.c.active, unique=True, postgresql_where=text("number > 0"))
C = THINGS.c
TWO_ROWS = (
    "two rows may have the same things.year, things.id + :id_1, so a page could not begin between "
    "them"
)
WHERE_NULL = (
    "nulls_last(lines.note) or nulls_first(lines.note), a column with nullable=False, or "
    "coalesce(lines.note, ...)"
)
NEW_KEY = (
    'a random key, as this prints one: python -c "import secrets; print(secrets.token_urlsafe(32))"'
)


@pytest.mark.parametrize(
    "order",
    [
        (Order.id,),
        (desc(Order.name), Order.id.desc()),
        (aliased(Order).id,),
        (Order.id, Order.name),
        (C.code,),
        (C.slug.desc(),),
        (C.number, C.year.desc()),
        (nulls_last(C.maybe), C.id),
        (C.maybe.desc().nulls_first(), C.id),
        (func.coalesce(C.maybe, ""), C.id),
        (func.lower(C.code), C.id),
    ],
    ids=str,
)
def test_orders_that_have_pages(order: Any) -> None:
    assert Keyset(*order, key=KEY) is not None
    assert Offset(*order) is not None


@pytest.mark.parametrize(
    ("make", "got", "write"),
    [
        (
            lambda: Keyset(Order.name.desc(), key=KEY),
            "two rows may have the same orders.name, so a page could not begin between them",
            "the same order with orders.id at its end",
        ),
        (
            lambda: Keyset(C.year, C.id + 1, key=KEY),
            TWO_ROWS,
            "the same order with things.id at its end",
        ),
        (
            lambda: Keyset(C.active, key=KEY),
            "two rows may have the same things.active, so a page could not begin between them",
            "the same order with things.id at its end",
        ),
        (
            lambda: Keyset(func.lower(C.code), key=KEY),
            "two rows may have the same lower(things.code), so a page could not begin between them",
            "the same order with things.id at its end",
        ),
        (
            lambda: Keyset(nulls_last(C.maybe), key=KEY),
            "two rows may have the same things.maybe, so a page could not begin between them",
            "the same order with things.id at its end",
        ),
        (
            lambda: Keyset(Line.note.desc(), Line.id, key=KEY),
            "lines.note may be NULL, and the order does not say where such rows belong",
            WHERE_NULL,
        ),
        (
            lambda: Keyset(C.tags, C.id, key=KEY),
            "a page cannot begin at a value of things.tags, which is a list",
            "another column in the order",
        ),
        (
            lambda: Keyset("-created_at", key=KEY),
            "an order consists of columns, not of the str '-created_at'",
            "Keyset(Order.created_at.desc(), Order.id.desc())",
        ),
        (
            lambda: Keyset(key=KEY),
            "the order has no column",
            "Keyset(Order.created_at.desc(), Order.id)",
        ),
        (
            lambda: Keyset(Order.id, key="changeme"),
            "the key for cursors has 8 bytes, at least 16 are needed",
            NEW_KEY,
        ),
        (
            lambda: Keyset(Order.id, limit=0, key=KEY),
            "Keyset(limit=0, max_limit=100)",
            "Keyset(..., limit=20, max_limit=100)",
        ),
        (
            lambda: Offset(limit=50, max_limit=20),
            "Offset(limit=50, max_limit=20)",
            "Offset(..., limit=20, max_limit=100)",
        ),
    ],
)
def test_orders_that_have_none(make: Callable[[], Any], got: str, write: str) -> None:
    with pytest.raises(SetupError) as caught:
        make()
    assert caught.value.got == got
    assert caught.value.write == write
    assert str(caught.value.where).startswith(__file__)
