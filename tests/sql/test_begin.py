"""Functions around a commit that is the end of a block of `session.begin()`."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert

from pronghorn.sql import Database, after_commit, before_commit
from tests.sql.test_commits import NOTES, notes, noting

__all__ = ["noting"]

pytestmark = pytest.mark.anyio


async def test_what_comes_after_a_block_of_begin_is_called_there(noting: Database) -> None:
    """It is called once, also if the program commits itself later, and never for a savepoint."""
    await noting.create_own_tables()
    called: list[str] = []

    async def note(name: str) -> None:
        assert name in await notes(noting)  # On another connection: this one is back.
        called.append(name)

    async def run() -> None:
        async with noting.transaction() as session:
            async with session.begin():
                async with session.begin_nested():
                    after_commit(session, partial(note, "first"))
                    await session.execute(insert(NOTES), {"text": "first"})
                assert called == []
            assert called == ["first"]
            await session.execute(insert(NOTES), {"text": "second"})
            after_commit(session, partial(note, "second"))
            await session.commit()
            assert called == ["first", "second"]
            async with session.begin():
                await session.execute(insert(NOTES), {"text": "third"})
                after_commit(session, partial(note, "third"))
            after_commit(session, partial(note, "lost"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await run()
    assert called == ["first", "second", "third"]
    assert await notes(noting) == ["first", "second", "third"]
    await noting.dispose()


async def test_a_block_of_begin_that_is_rolled_back_takes_its_functions_with_it(
    noting: Database,
) -> None:
    await noting.create_own_tables()
    called: list[str] = []

    async def note(name: str) -> None:
        called.append(name)

    async def write(session: Any) -> None:
        await session.execute(insert(NOTES), {"text": "lost"})

    async def fail(session: Any) -> None:
        async with session.begin():
            after_commit(session, partial(note, "lost"))
            before_commit(session, write)
            raise ValueError("no")

    async with noting.transaction() as session:
        with pytest.raises(ValueError, match="no"):
            await fail(session)
        await session.execute(insert(NOTES), {"text": "row"})
        after_commit(session, partial(note, "kept"))
    assert (await notes(noting), called) == (["row"], ["kept"])
    await noting.dispose()


async def test_a_block_of_begin_in_a_test_that_rolls_back(noting: Database) -> None:
    await noting.create_own_tables()
    called: list[str] = []

    async def note() -> None:
        called.append("after")

    async with noting.rollback_everything():
        async with noting.transaction() as session:
            async with session.begin():
                await session.execute(insert(NOTES), {"text": "row"})
                after_commit(session, note)
            assert called == ["after"]
        assert await notes(noting) == ["row"]
    assert called == ["after"]
    await noting.dispose()
