"""All that a request leaves in the batteries is one commit, also with a key and in a mount."""

from typing import Any

import pytest

from pronghorn.cache import Cached
from pronghorn.jobs import Attempt, Job
from pronghorn.testclient import TestClient
from tests.sql.servers import wait_until
from tests.together.program import DONE, Order, Placed, Program, pack, placed

pytestmark = pytest.mark.usefixtures("mode")
NOTHING: dict[str, list[str]] = {"orders": [], "receipts": [], "packed": [], "events": []}
WAYS = {"refuse": 418, "fail": 500, "wrong result": 500, "fail to commit": 409}

PAIRS = pytest.mark.parametrize(
    ("key", "is_mounted"),
    [({}, False), ({"Idempotency-Key": "a"}, True)],
    ids=["alone and without a key", "mounted and with a key"],
)


def everything(*items: str) -> dict[str, list[str]]:
    """Return what all batteries have after these orders."""
    return {
        "orders": list(items),
        "receipts": sorted(items),
        "packed": sorted(items),
        "events": list(items),
    }


def open_program(program: Program, *, is_mounted: bool = False) -> tuple[Any, str]:
    """Return a client of a program, and the path before its routes."""
    app = program.make_parent() if is_mounted else program.make_app()
    client = TestClient(app, raise_server_exceptions=False)
    return client, "/mounted/shop" if is_mounted else "/shop"


@pytest.mark.parametrize("is_mounted", [False, True], ids=["alone", "mounted"])
def test_a_repeat_leaves_nothing_more(url: str, is_mounted: bool) -> None:
    program = Program(url)
    opened, prefix = open_program(program, is_mounted=is_mounted)
    key = {"Idempotency-Key": "a"}
    with opened as client:
        assert client.get(f"{prefix}/orders").json() == []
        first = client.post(f"{prefix}/orders", json={"item": "lamp"}, headers=key)
        assert (first.status_code, first.json(), first.headers["x-passed"]) == (201, 1, "yes")
        assert client.get(f"{prefix}/orders").json() == ["lamp"]
        lists = program.lists
        repeat = client.post(f"{prefix}/orders", json={"item": "lamp"}, headers=key)
        assert (repeat.status_code, repeat.json()) == (201, 1)
        assert repeat.headers["idempotency-replayed"] == "true"
        other = client.post(f"{prefix}/orders", json={"item": "cup"}, headers=key)
        assert other.status_code == 422
        assert client.get(f"{prefix}/orders").json() == ["lamp"]
        assert program.lists == lists  # A repeat does not make what is cached invalid.
        assert client.portal.call(program.read) == everything("lamp")


@PAIRS
def test_a_failure_leaves_nothing(url: str, key: dict[str, str], is_mounted: bool) -> None:
    program = Program(url)
    opened, prefix = open_program(program, is_mounted=is_mounted)
    with opened as client:
        client.get(f"{prefix}/orders")
        for way, status in WAYS.items():
            answer = client.post(f"{prefix}/orders", json={"item": "lamp", "way": way}, headers=key)
            assert (way, answer.status_code) == (way, status)
        assert client.post(f"{prefix}/orders", json={}, headers=key).status_code == 422
        assert client.portal.call(program.read) == NOTHING
        assert client.get(f"{prefix}/orders").headers.get("age") is not None
        assert program.lists == 1
        good = client.post(f"{prefix}/orders", json={"item": "cup"}, headers=key)
        assert good.status_code == 201
        assert "idempotency-replayed" not in good.headers
        assert client.get(f"{prefix}/orders").json() == ["cup"]
        assert client.portal.call(program.read) == everything("cup")


def test_a_limit_leaves_nothing(url: str) -> None:
    program = Program(url, "2/hour")
    opened, prefix = open_program(program)
    with opened as client:
        key = {"Idempotency-Key": "a"}
        answers = [
            client.post(f"{prefix}/orders", json={"item": item}, headers=key)
            for item in ("lamp", "lamp", "lamp")
        ]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        rests = [answer.headers["ratelimit"].split(";")[1] for answer in answers]
        assert rests == ["r=1", "r=0", "r=0"]
        refused = client.post(f"{prefix}/orders", json={"item": "cup"})
        assert refused.status_code == 429
        assert client.portal.call(program.read) == everything("lamp")


SELF_WAITING: dict[str, Any] = {
    "enqueue": lambda program: program.jobs.enqueue(pack, "cup"),
    "publish": lambda program: program.channels.publish(placed("main"), Placed(item="cup")),
    "invalidate": lambda program: program.cache.invalidate("orders"),
}


@pytest.mark.parametrize("call", list(SELF_WAITING))
def test_a_session_that_was_left_out(
    sqlite_url: str, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On SQLite the request waits for itself; the log says what to write."""
    program = Program(sqlite_url, pool_timeout=0.2)
    app = program.make_app()

    @app.post("/forgotten", dependencies=[program.once])
    async def forget() -> None:
        await SELF_WAITING[call](program)

    with TestClient(app) as client:
        answer = client.post("/forgotten", headers={"Idempotency-Key": "a"})
        assert answer.status_code == 503
        assert client.portal.call(program.read) == NOTHING
    assert "pass that session on" in caplog.text


def test_a_job_leaves_all_or_nothing_in_every_battery(url: str) -> None:
    program = Program(url)
    jobs, db = program.jobs, program.db

    async def write(item: str, session: Any) -> None:
        session.add(Order(item=item))
        await program.channels.publish(placed("main"), Placed(item=item), session=session)
        await jobs.enqueue(pack, item, session=session)
        await program.cache.invalidate("orders", session=session)

    @jobs.task(name="again", retries=2, backoff="10ms")
    async def again(item: str, job: Job, attempt: Attempt) -> None:
        async with job.transaction() as session:
            await write(item, session)
        if not attempt.is_last:
            raise ValueError("again")

    @jobs.task(name="whole")
    async def whole(item: str, is_good: bool, session: db.Session) -> None:
        await write(item, session)
        if not is_good:
            raise ValueError("no")

    app = program.make_app()
    with TestClient(app) as client:
        assert client.get("/shop/orders").json() == []
        with client.portal.wrap_async_context_manager(jobs.worker(app)) as worker:
            refs = [client.portal.call(jobs.enqueue, again, "a")]
            refs += [
                client.portal.call(jobs.enqueue, whole, str(is_good), is_good)
                for is_good in (False, True)
            ]
            for ref in refs:
                wait_until(
                    lambda ref=ref: client.portal.call(jobs.get, ref.id).state in ("done", "dead")
                )
            client.portal.call(worker.drain)
        assert sorted(client.get("/shop/orders").json()) == ["True", "a"]
        found = client.portal.call(program.read)
    assert {name: sorted(items) for name, items in found.items()} == {
        "orders": ["True", "a"],
        "receipts": [],
        "packed": ["True", "a"],
        "events": ["True", "a"],
    }
    assert sorted(DONE) == ["packed True", "packed a"]


def test_a_cached_response_takes_nothing_from_a_limit(sqlite_url: str) -> None:
    program = Program(sqlite_url)
    app = program.make_app()

    @app.get(
        "/limited", dependencies=[program.limit], cache=Cached("1h", store=program.cache, max_age=0)
    )
    async def read() -> int:
        return 1

    with TestClient(app) as client:
        answers = [client.get("/limited") for _ in range(2)]
    assert [answer.headers.get("ratelimit") is None for answer in answers] == [False, True]


@PAIRS
def test_errors_that_the_program_answers_say_what_is_left(
    sqlite_url: str, key: dict[str, str], is_mounted: bool
) -> None:
    program = Program(sqlite_url)
    opened, prefix = open_program(program, is_mounted=is_mounted)
    with opened as client:
        for number, way in enumerate(("refuse", "fail to commit", "invalid", "return")):
            content = {"way": way} | ({} if way == "invalid" else {"item": "lamp"})
            answer = client.post(
                f"{prefix}/orders", json=content, headers=key | {"Origin": "http://a"}
            )
            assert answer.status_code == {"invalid": 422, "return": 201, **WAYS}[way]
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["x-passed"] == "yes"
            rests = [each.split(";")[1] for each in answer.headers.get_list("ratelimit")]
            assert rests == [f"r={999 - number}"]
        assert client.portal.call(program.read) == everything("lamp")
