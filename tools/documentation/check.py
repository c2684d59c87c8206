"""Check a built site: its links and anchors, foreign servers, and the options of the reference.

    python -m tools.documentation.check build/site

MkDocs checks the links that people wrote. This also sees those that programs wrote, such as the
cross references of the reference, and what scripts and styles would load.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from inspect import signature
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pronghorn import APIRouter, Body, Cookie, FastAPI, File, Form, Header, Query
from pronghorn import Path as Path_

#: Attributes whose address a browser loads by itself. An `a` is loaded when somebody clicks.
LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "link": "href",
    "object": "data",
}
STYLE_ADDRESS = re.compile(
    r"url\(\s*['\"]?((?:https?:)?//[^)'\"]+)|@import\s+['\"]((?:https?:)?//[^'\"]+)"
)
#: The pages of the reference, and what has to be complete there.
OPTIONS: dict[str, list[Callable[..., Any]]] = {
    "reference/application.html": [FastAPI, FastAPI.get],
    "reference/router.html": [APIRouter, APIRouter.get, APIRouter.include_router],
    "reference/parameters.html": [Path_, Query, Header, Cookie, Body, Form, File],
}
#: Servers that Material's scripts ask when a page lacks what they need.
FOREIGN_SCRIPT = re.compile(r"https://(?:unpkg\.com|cdn\.[\w.]+|fonts\.\w+\.com)/[\w@./-]*")


class Document(HTMLParser):
    """The links, the anchors and the loaded addresses of one HTML file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element links, loads or names."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        address = values.get(LOADING.get(tag, ""))
        # A `link` to the next page, or to the canonical one, is not loaded.
        if address and (tag != "link" or values.get("rel") in {"stylesheet", "icon", "preload"}):
            self.loaded.append(address)


@cache
def read_document(file: Path) -> Document:
    """Return an HTML file, parsed once."""
    return Document(file.read_text(encoding="utf-8"))


def find_offences(site: Path) -> Iterator[str]:
    """Yield a line for each link that leads nowhere, and each foreign address that is loaded."""
    site = site.resolve()
    for file in sorted(site.rglob("*.html")):
        if file.name == "404.html":
            continue  # A server sends it for any path, so its links begin at the root.
        document, name = read_document(file), file.relative_to(site).as_posix()
        for address in [*document.links, *document.loaded]:
            problem = _problem(file, address)
            if problem:
                yield f"{name}: {address}: {problem}"
        for address in document.loaded:
            if urlsplit(address).netloc:
                yield f"{name}: {address}: is loaded from a foreign server"
    for file in sorted([*site.rglob("*.css"), *site.glob("assets/javascripts/**/*.js")]):
        pattern = STYLE_ADDRESS if file.suffix == ".css" else FOREIGN_SCRIPT
        for found in pattern.finditer(file.read_text(encoding="utf-8")):
            yield f"{file.relative_to(site).as_posix()}: {found[0]}: is a foreign server"


def find_missing_options(site: Path) -> Iterator[str]:
    """Yield a line for each option of a callable that the reference does not list.

    The options are keys of dictionary types, which an extension turns into parameters.
    """
    for page, callables in OPTIONS.items():
        text = (site / page).read_text(encoding="utf-8")
        for called in callables:
            for name in signature(called).parameters:
                if name != "self" and not re.search(rf"<code>{name}</code>|>{name}<", text):
                    yield f"{page}: the option {name} of {called.__qualname__} is missing"


def _problem(file: Path, address: str) -> str | None:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    target = file
    if parts.path:
        target = (file.parent / unquote(parts.path)).resolve()
        target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return "there is no such file"
    anchor = unquote(parts.fragment)
    if (
        anchor
        and target.suffix == ".html"
        and anchor not in read_document(target).anchors | {"top"}
    ):
        return "there is no such anchor"
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the offences of the site in a folder. Returns the exit status."""
    (folder,) = arguments if arguments is not None else sys.argv[1:]
    site = Path(folder)
    offences = [*find_offences(site), *find_missing_options(site)]
    for offence in offences:
        print(offence, file=sys.stderr)
    pages = sum(1 for _ in site.rglob("*.html"))
    print(f"{pages} pages, {len(offences)} mistakes")
    return 1 if offences or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
