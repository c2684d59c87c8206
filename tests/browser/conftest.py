"""Fixtures for tests in a real browser: a server in a process of its own, and a watched page.

The browser reaches the loopback addresses only. A request to any other site, an error in the
console, or a violation of a Content-Security-Policy fails the test, unless the test takes it out
of `problems`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    expect,
    sync_playwright,
)

from tests.browser.servers import Served, start_server
from tools.programs import PROGRAMS

#: How long a page may take, in milliseconds. Machines that run tests are busy.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
SCREENSHOTS = Path("build") / "screenshots"
SIZES = {"desktop": (1280, 900), "mobile": (390, 844)}
ARGUMENTS = [
    # No name resolves but this machine's, whoever asks: pages, extensions, the browser itself.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """A function that serves a program and returns its address; the server ends with the test.

    `serve(source, server="uvicorn", options=["--root-path", "/api"], environment={"NAME": "x"})`;
    see `tests.browser.servers.start_server`.
    """
    started: list[Served] = []

    def start(
        source: str,
        *,
        server: str = "pronghorn run",
        options: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
    ) -> Served:
        folder = tmp_path / f"program{len(started)}"
        folder.mkdir()
        started.append(start_server(source, folder, server, options, environment or {}))
        return started[-1]

    yield start
    for served in started:
        served.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=PROGRAMS["chromium"].prepare(), args=arguments
        )
        yield chromium
        chromium.close()


@pytest.fixture
def problems() -> list[str]:
    """What went wrong in the browser, as text. It has to be empty at the end of the test."""
    return []


@pytest.fixture
def context(browser: Browser, problems: list[str]) -> Iterator[BrowserContext]:
    """A fresh profile, all of whose pages and windows are watched."""
    width, height = SIZES["desktop"]
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE)
    watch_context(context, problems)
    yield context
    context.close()
    assert problems == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page. A problem in it, or in a window that it opens, fails the test."""
    return context.new_page()


@pytest.fixture
def take_screenshots(page: Page) -> Callable[[str], None]:
    """A function that stores the page as `build/screenshots/NAME-desktop.png` and `-mobile`."""

    def take(name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(400)  # Pages move things when their size changes.
            page.screenshot(path=SCREENSHOTS / f"{name}-{size}.png")
        width, height = SIZES["desktop"]
        page.set_viewport_size({"width": width, "height": height})

    return take


def watch_context(context: BrowserContext, problems: list[str]) -> None:
    """Write every problem of a context's pages into a list."""

    def let_through(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.hostname in LOOPBACK or url.scheme in {"data", "blob", "about", "file"}:
            route.continue_()
        else:
            problems.append(f"foreign request: {route.request.url}")
            route.abort()

    def read_message(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            problems.append(f"{message.type}: {message.text}")

    context.route("**/*", let_through)
    context.on("console", read_message)
    context.on("weberror", lambda error: problems.append(f"exception: {error.error}"))
