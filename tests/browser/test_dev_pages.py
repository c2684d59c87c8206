"""The pages of `pronghorn dev` in a browser: the error of a broken edit, and `/_pronghorn`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.servers import Served

Serve = Callable[..., Served]
Screenshots = Callable[[str], None]

WORKS = """
from fastapi import APIRouter
from pronghorn import FastAPI, Form
from pronghorn.responses import HTMLResponse

app = FastAPI(title="Shop <b>&amp;</b>")
admin = FastAPI()


@app.get("/", response_class=HTMLResponse)
async def root():
    return "<p>It works.</p><form method=post action=/orders><button>Order</button></form>"


@app.get("/items/{item_id}", tags=["items of the shop"])
async def read_item(item_id: int) -> int:
    return item_id


@app.post("/orders", tags=["orders"], response_class=HTMLResponse)
async def create_order():
    return "<p>Ordered.</p>"


def divide(number):
    return 1 / number


@app.get("/fail", name="failing")
def fail():
    return divide(0)


@app.get("/group")
async def fail_in_a_group():
    try:
        divide(0)
    except ZeroDivisionError as error:
        raise ExceptionGroup("two <i>things</i>", [error, KeyError("two")]) from error


@admin.get("/users")
async def list_users() -> list[str]:
    return []


app.mount("/admin", admin)
""".replace("from fastapi import APIRouter\n", "")
BROKEN = WORKS.replace("return divide(0)", "return divide(0")
LATER = WORKS.replace("It works.", "It works again.")


@pytest.fixture
def shop(serve: Serve) -> Served:
    """A program that works, under `pronghorn dev`, whose reloader watches it."""
    served: Served = serve(WORKS, server="pronghorn dev")
    wait_until_watched(served)
    return served


def wait_until_watched(served: Served) -> None:
    """Wait until the reloader is told of changes; the test's own timeout ends it."""
    watch = f" ino:{served.folder.stat().st_ino:x} "
    process = Path(f"/proc/{served.process.pid}")
    while not any(watch in text_of(file) for file in process.glob("fdinfo/*")):
        pass


def text_of(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # It was closed since it was listed.
        return ""


def edit(served: Served, source: str) -> None:
    """Save the program as editors do, in one step."""
    new = served.folder / "~new"
    new.write_text(source, encoding="utf-8")
    new.replace(served.folder / "main.py")


def forgive(problems: list[str]) -> None:
    """Take out what the browser says of the answer 500, and of a server that starts again."""
    said = ("status of 500", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE")
    problems[:] = [one for one in problems if not any(text in one for text in said)]


# --- a broken edit ----------------------------------------------------------------------------


def open_broken(shop: Served, page: Page, path: str = "/") -> None:
    """Break the program and open a page; the browser is faster than the reloader."""
    edit(shop, BROKEN)
    heading = page.get_by_role("heading", name="Importing")
    page.goto(shop.url + path)
    while not heading.is_visible():
        page.reload()


def test_a_broken_program_is_a_page_that_reloads_itself(
    shop: Served, page: Page, take_screenshots: Screenshots, problems: list[str]
) -> None:
    page.goto(shop.url)
    expect(page.get_by_text("It works.")).to_be_visible()
    open_broken(shop, page)
    expect(page).to_have_title("SyntaxError: '(' was never closed")
    expect(page.locator("mark")).to_have_text("(")
    lines = page.locator(".source > span")
    tops = lines.evaluate_all("all => all.map((one) => one.getBoundingClientRect().top)")
    assert len(tops) == 11
    assert tops == sorted(set(tops))  # Each line is below the one before.
    expect(page.locator("#state")).to_have_text(
        "This page reloads itself when the program works again."
    )
    take_screenshots("broken-syntax")
    edit(shop, LATER)
    expect(page.get_by_text("It works again.")).to_be_visible()
    assert page.url == shop.url + "/"
    forgive(problems)


def test_the_page_follows_from_error_to_error_and_back(
    shop: Served, page: Page, problems: list[str], take_screenshots: Screenshots
) -> None:
    open_broken(shop, page, "/items/3?q=1#part")
    deep = "def a():\n    b()\n\n\ndef b():\n    raise LookupError('<b>no disk</b>')\n\n\na()\n"
    edit(shop, deep)
    expect(page.get_by_role("heading", name="LookupError")).to_be_visible()
    expect(page.get_by_text("<b>no disk</b>", exact=True)).to_be_visible()
    expect(page.locator(".hit").first).to_contain_text("raise LookupError")
    first, *others = page.locator("details.frame").all()
    assert first.get_attribute("open") == ""
    assert [one.get_attribute("open") for one in others] == [None, None]
    take_screenshots("broken-exception")
    for _ in range(2):
        edit(shop, WORKS)
        expect(page.locator("body")).to_have_text("3")
        assert page.url == shop.url + "/items/3?q=1#part"
        edit(shop, deep)
        while not page.get_by_text("<b>no disk</b>", exact=True).is_visible():
            page.reload()
    forgive(problems)


def test_two_browsers_reload(
    shop: Served, page: Page, context: BrowserContext, problems: list[str]
) -> None:
    open_broken(shop, page)
    other = context.new_page()
    other.goto(shop.url + "/items/5")
    edit(shop, LATER)
    expect(page.get_by_text("It works again.")).to_be_visible()
    expect(other.locator("body")).to_have_text("5")
    forgive(problems)


def test_a_form_is_not_sent_twice(shop: Served, page: Page, problems: list[str]) -> None:
    page.goto(shop.url)
    edit(shop, BROKEN)
    while urlopen_status(shop.url) != 500:
        pass
    page.get_by_role("button", name="Order").click()
    expect(page.get_by_text("The program has not changed yet.")).to_be_visible()
    edit(shop, WORKS)
    expect(page.get_by_text("The program has changed: send the request again.")).to_be_visible()
    expect(page.get_by_role("heading", name="Importing")).to_be_visible()
    forgive(problems)


def urlopen_status(url: str) -> int:
    from urllib.error import HTTPError

    try:
        with urlopen(url) as answer:
            status: int = answer.status
            return status
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_dark_and_long(
    shop: Served, page: Page, problems: list[str], take_screenshots: Screenshots
) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(shop.url)
    deep = "def f(number):\n    return f(number + 1)\n\n\nf(0)\n"
    edit(shop, f"text = '{'long ' * 100}'\n{deep}")
    while not page.get_by_role("heading", name="RecursionError").is_visible():
        page.reload()
    expect(page.get_by_text(" times").first).to_be_visible()
    take_screenshots("broken-dark")
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    forgive(problems)


# --- the page at /_pronghorn ------------------------------------------------------------------


def test_the_routes_of_the_program_come_first_and_can_be_filtered(
    shop: Served, page: Page, take_screenshots: Screenshots
) -> None:
    page.goto(shop.url + "/_pronghorn")
    rows = page.locator("#routes tbody tr:visible")
    expect(rows).to_have_count(7)
    expect(page.locator("#other-routes tbody tr:visible")).to_have_count(0)
    page.locator("#others > summary").click()
    expect(page.locator("#other-routes")).to_contain_text("/openapi.json")
    take_screenshots("dev-page")
    page.keyboard.press("/")
    field = page.locator("#filter")
    expect(field).to_be_focused()
    for words, paths in {
        "items": ["/items/{item_id}"],
        "post": ["/orders"],
        "failing": ["/fail"],
        "SHOP get": ["/items/{item_id}"],
        "/admin/": ["/admin/users"],
        "nowhere": [],
    }.items():
        field.fill(words)
        expect(rows).to_have_count(len(paths))
        assert [row.locator("td").nth(1).inner_text() for row in rows.all()] == paths
    expect(page.get_by_text("No route has these words.")).to_be_visible()
    field.fill("docs")
    expect(page.locator("#other-routes tbody tr:visible").first).to_be_visible()
    field.fill("order")
    expect(page.get_by_role("heading", name="Routes of the program")).to_contain_text("1 of 7")
    page.reload()
    expect(rows).to_have_count(1)
    expect(field).to_have_value("order")
    field.focus()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(7)


def test_the_links_lead_to_the_documentation(shop: Served, page: Page, problems: list[str]) -> None:
    page.goto(shop.url + "/_pronghorn/routes/GET/items/3")
    link = page.get_by_role("link", name="Documentation")
    assert link.evaluate("a => a.href") == (
        f"{shop.url}/docs#/items%20of%20the%20shop/read_item_items__item_id__get"
    )
    page.goto(shop.url + "/_pronghorn")
    hrefs = page.get_by_role("link", name="docs", exact=True).evaluate_all(
        "links => links.map((a) => a.href)"
    )
    assert f"{shop.url}/docs#/orders/create_order_orders_post" in hrefs
    assert f"{shop.url}/admin/docs#/default/list_users_users_get" in hrefs
    page.get_by_role("row", name="/orders").get_by_role("link", name="docs").click()
    operation = page.locator(".opblock.is-open")
    expect(operation).to_have_count(1)
    expect(operation).to_contain_text("/orders")
    page.goto(shop.url + "/_pronghorn")
    page.locator("nav").get_by_role("link", name="/docs", exact=True).click()
    expect(page.locator(".opblock").first).to_be_visible()
    # Swagger UI says that of every operation whose id has an underscore.
    problems[:] = [one for one in problems if "escaping deep link whitespace" not in one]


def test_the_last_tracebacks_are_shown(
    shop: Served, page: Page, problems: list[str], take_screenshots: Screenshots
) -> None:
    for path in ("/fail", "/group"):
        page.goto(shop.url + path)
    page.goto(shop.url + "/_pronghorn")
    raised = page.locator("details.raised")
    expect(raised).to_have_count(2)
    expect(raised.first).to_contain_text("GET /group ExceptionGroup: two <i>things</i>")
    raised.nth(1).locator("> summary").click()
    expect(raised.nth(1).locator(".hit").first).to_contain_text("return 1 / number")
    expect(raised.nth(1)).to_contain_text("of pronghorn")
    raised.first.locator("> summary").click()
    take_screenshots("dev-page-tracebacks")
    page.emulate_media(color_scheme="dark")
    take_screenshots("dev-page-dark")
    forgive(problems)


def test_without_javascript_everything_can_be_read(shop: Served, context: BrowserContext) -> None:
    browser = context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(shop.url + "/_pronghorn")
    expect(page.locator("#routes tbody tr")).to_have_count(7)
    expect(page.locator("#filter")).to_be_hidden()
    page.locator("#others > summary").click()
    expect(page.locator("#other-routes")).to_contain_text("/openapi.json")
    open_broken(shop, page)
    edit(shop, LATER)
    expect(page.get_by_text("It works again.")).to_be_visible(timeout=15_000)
    plain.close()
