"""The page of the jobs: what it shows, what its buttons do, and who may press them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pronghorn import FastAPI
from pronghorn.cli.jobs_tab import make_jobs_page
from pronghorn.devtools.access import access_for
from pronghorn.devtools.page import DevPage
from pronghorn.jobs import Jobs, store
from pronghorn.jobs.outcomes import Outcome, write_outcome
from pronghorn.sql import Database
from tests.devtools.pages import Page

FORM = re.compile(r'<form method="post">(.*?)</form>')
FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')
HERE = {
    "base_url": "http://localhost:8000",
    "client": ("127.0.0.1", 5000),
    "follow_redirects": True,
}


class Shop:
    """A program with jobs that no worker runs, and a browser on this machine."""

    def __init__(self, url: str) -> None:
        db = Database(url)
        self.jobs = Jobs(db)
        app = FastAPI(lifespan=db.lifespan)
        self.jobs.attach(app)

        @self.jobs.task(queue="mail")
        async def send_receipt(order_id: int, api_token: str) -> None: ...

        @app.post("/orders")
        async def order(name: str = "s3cr3t") -> str:
            return (await self.jobs.enqueue(send_receipt, 7, name)).id

        self.page = DevPage(app, access_for("127.0.0.1"), make_jobs_page([self.jobs]))
        self.client = TestClient(self.page, **HERE)

    def order(self, **query: str) -> str:
        job: str = self.client.post("/orders", params=query).json()
        return job

    def form(self, action: str) -> dict[str, str]:
        """The fields of the first button of a kind."""
        source = self.client.get("/_pronghorn/jobs").text
        forms = [dict(FIELD.findall(form)) for form in FORM.findall(source)]
        return next(form for form in forms if form["action"] == action)

    def press(self, form: dict[str, str], **headers: str) -> Any:
        return self.client.post("/_pronghorn/jobs", data=form, headers=headers)

    def rows(self) -> list[dict[str, str]]:
        return Page(self.client.get("/_pronghorn/jobs").text).rows("jobs-0")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(f"sqlite:///{tmp_path}/jobs.db")
    with shop.client:
        yield shop


def test_it_lists_the_last_jobs_and_counts_them(shop: Shop) -> None:
    empty = Page(shop.client.get("/_pronghorn/jobs").text)
    assert "No job is stored." in empty.text
    assert "No worker is alive: start pronghorn dev --jobs" in empty.text
    first, second = shop.order(), shop.order()
    page = Page(shop.client.get("/_pronghorn/jobs").text)
    rows = page.rows("jobs-0")
    assert {row["Id"] for row in rows} == {first, second}
    assert (rows[0]["Task"].rpartition(".")[2], rows[0]["Queue"]) == ("send_receipt", "mail")
    assert rows[0]["State"] == "waiting"
    assert page.rows("counts-0") == [{"Queue": "mail", "waiting": "2"}]


def test_secrets_are_masked_and_markup_is_text(shop: Shop) -> None:
    shop.order(name="s3cr3t<script>alert(1)</script>")
    source = shop.client.get("/_pronghorn/jobs").text
    assert "s3cr3t" not in source
    Page(source)  # It knows each element.


def test_the_overview_links_to_it_only_if_there_are_jobs(shop: Shop) -> None:
    link = Page(shop.client.get("/_pronghorn").text).link("Jobs")
    assert shop.client.get(f"http://localhost:8000/{link}").status_code == 200
    other = TestClient(DevPage(FastAPI(), access_for("127.0.0.1"), make_jobs_page([])), **HERE)
    assert "Jobs" not in [text for text, _ in Page(other.get("/_pronghorn").text).links]
    assert other.get("/_pronghorn/jobs").status_code == 404


def test_buttons_cancel_and_retry(shop: Shop) -> None:
    job = shop.order()
    answer = shop.press(shop.form("cancel"))
    assert answer.status_code == 200
    assert answer.history[0].status_code == 303
    assert [(row["Id"], row["State"]) for row in shop.rows()] == [(job, "cancelled")]
    shop.press(shop.form("retry"))
    assert shop.rows()[0]["State"] == "waiting"


def test_a_button_of_an_old_page_says_what_has_happened(shop: Shop) -> None:
    job = shop.order()
    form = shop.form("cancel")
    shop.press(form)
    late = shop.press(form)
    assert late.status_code == 409
    assert f"The job {job} is cancelled meanwhile" in Page(late.text).text
    gone = shop.press({**form, "id": "no-such-job"})
    assert "There is no job no-such-job any more" in Page(gone.text).text


@pytest.mark.parametrize(
    "change",
    [
        {"token": ""},
        {"token": "guessed"},
        {"token": "\N{SNOWMAN}"},
    ],
    ids=str,
)
def test_only_a_form_of_the_page_has_an_effect(shop: Shop, change: dict[str, str]) -> None:
    shop.order()
    assert shop.press({**shop.form("cancel"), **change}).status_code == 403
    assert shop.rows()[0]["State"] == "waiting"


def test_other_sites_and_other_requests_have_no_effect(shop: Shop) -> None:
    shop.order()
    form = shop.form("cancel")
    refused = [
        shop.press(form, **{"sec-fetch-site": "cross-site"}),
        shop.press(form, **{"sec-fetch-site": "same-site"}),
        shop.press(form, host="evil.example"),
        shop.press(form, **{"x-forwarded-for": "127.0.0.1"}),
        shop.client.post("/_pronghorn/jobs", json=form),
        shop.client.post("/_pronghorn/jobs", data={**form, "id": "x" * 3000}),
        shop.client.post("/_pronghorn/jobs"),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert shop.client.delete("/_pronghorn/jobs").status_code == 405
    assert shop.client.post("/_pronghorn").status_code == 405
    for change in ({"action": "delete"}, {"source": "7"}):
        assert shop.press({**form, **change}).status_code == 400
    assert shop.rows()[0]["State"] == "waiting"
    strangers = TestClient(shop.page, base_url="http://localhost:8000", client=("10.0.0.7", 5000))
    assert strangers.get("/_pronghorn/jobs").status_code == 403


def test_forms_go_nowhere_else(shop: Shop) -> None:
    policy = shop.client.get("/_pronghorn/jobs").headers["content-security-policy"]
    assert "form-action 'self'" in policy
    assert "default-src 'none'" in policy
    overview = shop.client.get("/_pronghorn").headers["content-security-policy"]
    assert "form-action 'none'" in overview


def test_a_database_that_is_away_is_a_sentence() -> None:
    db = Database("postgresql://127.0.0.1:1/shop")
    page = DevPage(FastAPI(), access_for("127.0.0.1"), make_jobs_page([Jobs(db)]))
    answer = TestClient(page, **HERE).get("/_pronghorn/jobs")
    assert answer.status_code == 200
    assert "The jobs cannot be read: " in Page(answer.text).text


def test_jobs_of_several_databases_have_headings(tmp_path: Path) -> None:
    every = [
        Jobs(Database(f"sqlite:///{tmp_path}/{name}.db", name=name)) for name in ("shop", "audit")
    ]
    app = FastAPI()
    client = TestClient(DevPage(app, access_for("127.0.0.1"), make_jobs_page(every)), **HERE)
    text = Page(client.get("/_pronghorn/jobs").text).text
    assert "In the database shop (sqlite" in text
    assert "In the database audit (sqlite" in text


def test_it_shows_each_attempt(shop: Shop) -> None:
    job = shop.order(name="<b>s3cr3t</b>")
    assert [row["Attempt"] for row in shop.rows()] == ["1"]

    async def fail_twice() -> None:
        jobs = shop.jobs
        for _ in range(2):
            async with jobs.db.transaction() as session:
                found = await store.find_job(session, job)
                assert found
                run = await store.begin_run(session, found.delivery, "0123456789abcdef")
                assert run
                outcome = Outcome("failed", "ValueError: <b>token=s3cr3t")
                task = jobs.find_task(run.task)
                assert await write_outcome(session, jobs.engine, run, task, outcome)
        await jobs.db.dispose()

    asyncio.run(fail_twice())
    shown = shop.rows()[0]["Attempt"]
    assert re.sub(r"\d+\.\d s", "0 s", shown) == (
        "31 failed after 0 s in node 01234567: ValueError: <b>token=***"
        "2 failed after 0 s in node 01234567: ValueError: <b>token=***"
    )
