"""A migration changes tables that statements were prepared for, while the program runs."""

from typing import Any

from sqlalchemy import select, text

from pronghorn.sql import Database
from tests.sql.library import Author, make_app, serve


def test_the_client_may_try_again(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    app = make_app(database)

    @app.get("/authors")
    async def list_authors(session: database.Session) -> list[str]:  # type: ignore[name-defined]
        # psycopg prepares a statement when it comes for the sixth time.
        found: Any = None
        for _ in range(8):
            found = await session.scalars(select(Author))
        return [author.name for author in found]

    async def migrate() -> None:
        async with database.transaction() as session:
            await session.execute(text("ALTER TABLE authors ALTER COLUMN id TYPE bigint"))

    with serve(app) as client:
        assert client.get("/authors").status_code == 200
        client.portal.call(migrate)  # type: ignore[union-attr]
        first = client.get("/authors")
        if first.status_code != 200:
            assert first.status_code == 503
            assert first.headers["retry-after"] == "1"
        assert client.get("/authors").status_code == 200
