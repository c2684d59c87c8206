"""Responses that are kept: `cache=Cached("30s")` at a route answers in place of its endpoint.

    cache = Cache("mem://")

    @app.get("/prices", cache=Cached("30s", tags=["prices"]))
    async def read_prices(session: db.ReadSession) -> list[Price]: ...

    await cache.invalidate("prices", session=session)  # After the commit.

It needs the extra `cache`.
"""

from pronghorn.cache.cache import Cache as Cache
from pronghorn.cache.cached import Cached as Cached
