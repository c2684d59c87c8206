"""The policy of a page allows what its document names, and stops what it does not name."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.programs import ELSEWHERE, INJECTED, OTHER, SHOP
from tests.browser.servers import Served
from tests.browser.test_login import try_out

Serve = Callable[..., Served]
PATHS = ("/docs", "/redoc", "/scalar")
WIDTH = "image => image.naturalWidth"


def test_servers_and_images_of_the_document_may_be_used(serve: Serve, page: Page) -> None:
    other = serve(OTHER).url
    url = serve(ELSEWHERE, environment={"OTHER": other}).url
    page.goto(url + "/docs")
    answer = try_out(page, "default-read_items_items_get")
    expect(answer).to_contain_text('"answered": "elsewhere"')
    for path in PATHS:
        page.goto(url + path)
        picture = page.get_by_alt_text("A picture").first
        expect(picture).to_be_visible()
        page.wait_for_function("image => image.complete", arg=picture.element_handle())
        assert picture.evaluate(WIDTH) == 40


def test_a_script_in_a_description_does_not_run(
    serve: Serve, page: Page, problems: list[str]
) -> None:
    url = serve(INJECTED).url
    for path in PATHS:
        page.goto(url + path)
        expect(page.get_by_text("Read Items").first).to_be_visible()
        assert page.evaluate("() => window.ran") is None
    assert any("inline event handler" in problem for problem in problems)
    problems.clear()


def test_other_sites_may_not_be_used(serve: Serve, page: Page, problems: list[str]) -> None:
    other = serve(OTHER).url
    page.goto(serve(SHOP).url + "/docs")
    expect(page.locator(".opblock")).to_have_count(6)
    send = "url => fetch(url).then(() => 'sent', () => 'refused')"
    assert page.evaluate(send, other + "/items") == "refused"
    page.evaluate(
        "url => { const e = document.createElement('script'); e.src = url;"
        " document.body.append(e) }",
        other + "/items",
    )
    page.evaluate(
        "() => { const e = document.createElement('script'); e.text = 'window.ran = 1';"
        " document.body.append(e) }"
    )
    assert page.evaluate("() => window.ran") is None
    page.wait_for_timeout(200)
    refused = [problem for problem in problems if "Content Security Policy" in problem]
    assert len(refused) >= 3
    problems.clear()
