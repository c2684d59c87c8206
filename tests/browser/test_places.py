"""The pages work wherever a program puts them: mounted, behind a proxy, behind a login."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import watch_context
from tests.browser.programs import PLACES, PROXY, SHOP
from tests.browser.servers import Served
from tests.browser.test_login import log_in, try_out

Serve = Callable[..., Served]


@pytest.fixture
def context(browser: Browser, problems: list[str]) -> Iterator[BrowserContext]:
    """A profile whose user has logged in with HTTP Basic."""
    context = browser.new_context(http_credentials={"username": "ann", "password": "secret"})
    watch_context(context, problems)
    yield context
    context.close()
    assert problems == []


def test_behind_a_login_and_mounted(serve: Serve, page: Page) -> None:
    served = serve(PLACES)
    page.goto(served.url + "/docs")
    expect(page.locator(".opblock")).to_have_count(1)
    page.goto(served.url + "/inner/2/redoc")
    expect(page.get_by_role("heading", name="Read Items").first).to_be_attached()
    page.goto(served.url + "/inner/2/scalar")
    expect(page.get_by_text("Read Items").first).to_be_visible()
    page.goto(served.url + "/inner/2/")
    expect(try_out(page, "default-read_items_items_get")).to_contain_text("/inner/2/items")


def test_behind_a_proxy_that_strips_a_prefix(serve: Serve, page: Page) -> None:
    target = serve(SHOP, options=("--root-path", "/api/v1"))
    proxy = serve(PROXY, environment={"TARGET": target.url})
    page.goto(proxy.url + "/api/v1/redoc")
    expect(page.get_by_text("Return one item.").first).to_be_visible()
    page.goto(proxy.url + "/api/v1/scalar")
    expect(page.get_by_role("heading", name="Read Me", exact=True)).to_be_visible()
    page.goto(proxy.url + "/api/v1/docs")
    fields = {"#oauth_username": "ann", "#oauth_password": "secret"}
    log_in(page, "OAuth2PasswordBearer", fields)
    expect(try_out(page, "login-read_me_me_get")).to_contain_text('"by_password": "token-of-ann"')
