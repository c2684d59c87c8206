"""Swagger UI, ReDoc and Scalar draw the document, without any other site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.programs import SHOP, WITHOUT_ASSETS
from tests.browser.servers import COMMANDS, Served

Serve = Callable[..., Served]
PATHS = {"/docs": "Swagger UI", "/redoc": "ReDoc", "/scalar": "Scalar"}


def test_swagger_ui_shows_the_operations(
    serve: Serve, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.goto(serve(SHOP).url + "/docs")
    expect(page.locator(".opblock")).to_have_count(6)
    expect(page.locator("h1, h2").filter(has_text="Shop <b>&amp;").first).to_be_visible()
    expect(page.locator("#problem")).to_be_hidden()
    take_screenshots("swagger-ui")


def test_redoc_shows_the_operations(
    serve: Serve, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.goto(serve(SHOP).url + "/redoc")
    expect(page.get_by_text("Return one item.").first).to_be_visible()
    expect(page.get_by_role("heading", name="Create Item").first).to_be_attached()
    take_screenshots("redoc")
    page.get_by_placeholder("Search...").fill("lamp")
    page.get_by_placeholder("Search...").fill("item")
    expect(page.locator("[data-role='search:results'] li").first).to_be_visible()


def test_scalar_shows_the_operations(
    serve: Serve, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.goto(serve(SHOP).url + "/scalar")
    expect(page.get_by_role("heading", name="Read Me", exact=True)).to_be_visible()
    take_screenshots("scalar")
    page.get_by_role("link", name="items").first.click()
    expect(page.get_by_role("heading", name="Create Item")).to_be_visible()
    page.get_by_role("button", name="Search").first.click()
    page.get_by_role("combobox").fill("bearer")
    expect(page.get_by_role("option", name="Read Bearer").first).to_be_visible()


@pytest.mark.parametrize("server", COMMANDS)
def test_every_server(serve: Serve, page: Page, server: str) -> None:
    url = serve(SHOP, server=server).url
    for path in PATHS:
        page.goto(url + path)
        expect(page.get_by_text("Read Me").first).to_be_attached()


@pytest.mark.parametrize("path", PATHS)
def test_without_assets_and_network_a_line_says_what_is_missing(
    serve: Serve,
    page: Page,
    problems: list[str],
    path: str,
    take_screenshots: Callable[[str], None],
) -> None:
    page.goto(serve(WITHOUT_ASSETS).url + path)
    line = page.get_by_role("alert")
    expect(line).to_contain_text(f"{PATHS[path]} did not load from https://cdn.jsdelivr.net/")
    take_screenshots(f"without-assets{path.replace('/', '-')}")
    assert any("foreign request: https://cdn.jsdelivr.net/npm/" in problem for problem in problems)
    assert not [problem for problem in problems if "Content Security Policy" in problem]
    problems.clear()
    line.get_by_role("link").click()
    expect(page.locator("body")).to_contain_text('"openapi":"3.1.0"')
