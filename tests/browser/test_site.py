"""The site of the documentation, from a folder and from a server: search, diagrams, menu, colours.

It is the site in `build/site`; `make docs` builds it if it is not there.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

PROJECT = Path(__file__).parents[2]
SITE = PROJECT / "build" / "site"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture(scope="module", params=["folder", "server"])
def site(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the site."""
    if not (SITE / "index.html").exists():
        subprocess.run(["make", "--no-print-directory", "docs"], cwd=PROJECT, check=True)
    if request.param == "folder":
        yield SITE.as_uri()
        return
    serve = partial(Quiet, directory=SITE)
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_search_finds_an_option_and_leads_to_it(
    site: str, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.goto(f"{site}/index.html")
    page.get_by_role("textbox", name="Search").click()
    page.keyboard.type("max_concurrency", delay=20)
    results = page.locator(".md-search-result__item")
    expect(results.filter(has_text="Depends and Security")).to_have_count(1)
    take_screenshots("site-search")
    results.filter(has_text="Depends and Security").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/reference/dependencies\.html"))
    expect(page.get_by_role("heading", name="pronghorn.Depends")).to_be_visible()


def test_the_reference_shows_the_options_of_the_application(
    site: str, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.goto(f"{site}/reference/application.html")
    row = page.get_by_role("row").filter(has=page.get_by_text("openapi_url", exact=True)).first
    expect(row).to_contain_text("The path of the OpenAPI document")
    expect(row).to_contain_text("'/openapi.json'")
    take_screenshots("site-reference")


def test_a_diagram_is_drawn(site: str, page: Page) -> None:
    page.goto(f"{site}/explain/follow-a-request.html")
    expect(page.locator("div.mermaid")).to_have_count(1)
    expect(page.locator("pre.mermaid")).to_have_count(0)


def test_the_plots_are_shown(site: str, page: Page) -> None:
    page.goto(f"{site}/performance.html")
    widths = page.locator("article img").evaluate_all("images => images.map(i => i.naturalWidth)")
    assert len(widths) == (PROJECT / "docs/performance.md").read_text("utf-8").count("![")
    assert min(widths) > 0


def test_links_to_examples_lead_to_their_pages(site: str, page: Page) -> None:
    page.goto(f"{site}/tutorial/websockets.html")
    page.get_by_role("link", name="examples/chat.py").first.click()
    expect(page.get_by_role("heading", name="chat.py", exact=False).first).to_be_visible()
    expect(page.locator("article pre").filter(has_text="WebSocket").first).to_be_visible()


def test_the_reader_chooses_the_colours(
    site: str, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{site}/tutorial/errors.html")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    take_screenshots("site-dark")
    page.get_by_title("Switch to light colours").click()
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "default")
