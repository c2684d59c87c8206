"""L1, L3 and L4 with real servers: hosts whose clocks differ share one limit, to the number."""

from __future__ import annotations

import pytest

from tests.durable import l1, l4
from tests.durable.limit_clients import serving


@pytest.mark.parametrize("store_url", ["sqlite", "asyncpg", "redis"], indirect=True)
def test_hosts_share_a_limit_whatever_their_clocks_say(store_url: str) -> None:
    with serving(store_url, *l1.HOSTS) as servers:
        found = l1.run([one.url for one in servers], seconds=0, clients=8, most=260)
        assert found[200] == l1.LIMIT
        assert l4.run(servers)[429] > 0
