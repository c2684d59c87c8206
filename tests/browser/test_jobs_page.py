"""The page of the jobs in a browser: its buttons are forms, which work without a script too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.servers import Served

PROGRAM = """
from pronghorn import FastAPI
from pronghorn.jobs import Jobs
from pronghorn.sql import Database

db = Database("sqlite:///jobs.db")
jobs = Jobs(db, retries=0)
app = FastAPI(lifespan=db.lifespan)
jobs.attach(app)


@jobs.task(queue="mail")
async def send_receipt(order_id: int, note: str, api_token: str) -> None: ...


@app.get("/orders/{order_id}")
async def order(order_id: int) -> str:
    return (await jobs.enqueue(send_receipt, order_id, "<b>&amp;</b>", "s3cr3t")).id
"""


@pytest.fixture
def shop(serve: Callable[..., Served], page: Page) -> Served:
    """A program with two jobs that no worker runs."""
    served = serve(PROGRAM, server="pronghorn dev", options=("--no-reload",))
    for number in (7, 8):
        page.goto(f"{served.url}/orders/{number}")
    return served


def test_a_job_is_cancelled_and_runs_again(
    shop: Served, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.goto(shop.url + "/_pronghorn")
    page.get_by_role("link", name="Jobs", exact=True).click()
    rows = page.locator("#jobs-0 tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text('"note": "<b>&amp;</b>"')
    expect(rows.first).not_to_contain_text("s3cr3t")
    expect(page.get_by_text("No worker is alive")).to_be_visible()
    rows.first.get_by_role("button", name="Cancel").click()
    expect(rows.first).to_contain_text("cancelled")
    expect(rows.nth(1)).to_contain_text("waiting")
    take_screenshots("jobs")
    page.reload()  # It does not send the form again.
    rows.first.get_by_role("button", name="Retry").click()
    expect(rows.first.get_by_role("button", name="Cancel")).to_be_visible()
    page.get_by_role("link", name="All routes").click()
    expect(page.locator("#routes")).to_be_visible()


def test_without_javascript(shop: Served, context: BrowserContext) -> None:
    browser = context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(shop.url + "/_pronghorn/jobs")
    page.get_by_role("button", name="Cancel").first.click()
    expect(page.locator("#jobs-0")).to_contain_text("cancelled")
    plain.close()
