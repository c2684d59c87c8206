"""A test of a program with all batteries rolls everything back."""

import asyncio

import pytest

from pronghorn.testclient import TestClient
from tests.together.program import Program
from tests.together.test_one_commit import NOTHING, everything

pytestmark = pytest.mark.usefixtures("mode")


def test_rollback_everything(url: str) -> None:
    program = Program(url)
    app = program.make_app()
    key = {"Idempotency-Key": "a"}

    async def run() -> None:
        await program.jobs.prepare()
        async with program.db.rollback_everything():
            await asyncio.to_thread(use)
            assert await program.read() == everything("lamp")
        assert await program.read() == NOTHING
        await program.db.dispose()

    def use() -> None:
        with TestClient(app, raise_server_exceptions=False) as client:
            assert client.get("/shop/orders").json() == []
            for _ in range(2):
                answer = client.post("/shop/orders", json={"item": "lamp"}, headers=key)
                assert (answer.status_code, answer.json()) == (201, 1)
            assert answer.headers["idempotency-replayed"] == "true"
            failed = client.post("/shop/orders", json={"item": "cup", "way": "fail"})
            assert failed.status_code == 500
            assert client.get("/shop/orders").json() == ["lamp"]

    asyncio.run(run())
