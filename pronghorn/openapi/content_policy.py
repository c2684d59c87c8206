"""The Content-Security-Policy of a documentation page: what the page may load, and from where.

A page loads nothing from a foreign site, except what the document that it shows names. "Try it
out" sends requests to the `servers` of the document, and a login fetches a token from the
`tokenUrl`; so the page may connect to exactly these. The alternative, `connect-src *`, would never
have to be derived, but a description with an injected script could then send a visitor's token
anywhere.

A part of a server's URL that is a variable cannot be known: such a server opens its whole scheme.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlsplit

#: A scheme and an authority, each of which may be a variable in braces.
ORIGIN = re.compile(r"(?:(?P<scheme>https?|\{[^{}]*\}):)?//(?P<host>[^/?#\\\s]+)", re.IGNORECASE)
#: A host and a port that may stand in a policy. Nothing else may: `;` and `,` would end a rule.
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[0-9]{1,5})?", re.IGNORECASE)
#: The longest name of a host in DNS, with a port.
LONGEST_HOST = 253 + 6
#: The number of sources that a rule names. Proxies refuse headers of more than a few kilobytes.
MOST_SOURCES = 50
PATH = re.compile(r"/[\w.~%@!$&()*+=:/-]*", re.ASCII)
#: Images in Markdown and HTML, and the links that images in Markdown may refer to. A repeated part
#: excludes what the pattern begins with, so the search of a hostile text takes linear time.
IMAGES = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"!\[[^\[\]]*\]\(\s*<?((?:https?:)?//[^\s)>]+)",
        r"^ {0,3}\[[^\[\]]+\]:\s*<?((?:https?:)?//[^\s>]+)",
        r"""<img\s[^<>]*?src\s*=\s*["']?((?:https?:)?//[^\s"'>]+)""",
    )
)


class Sources(NamedTuple):
    """The foreign sources that a page may use, beside its own site."""

    connect: frozenset[str] = frozenset()
    """Sites to which it may send requests."""
    images: frozenset[str] = frozenset()
    """Sites from which it may load images."""


class PageParts(NamedTuple):
    """The parts of a page that its policy has to allow."""

    inline_scripts: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    """URLs of scripts; those of the page's own site need no mention."""
    styles: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    fonts: tuple[str, ...] = ()


def write_policy(parts: PageParts, sources: Sources, settings: frozenset[str] = frozenset()) -> str:
    """Return the value of the header `Content-Security-Policy`.

    Args:
        parts: The content of the page.
        sources: What the document of the page names.
        settings: The sources that the settings of the page name, such as another document.
    """
    hashes = [f"'sha256-{_hash_of(script)}'" for script in parts.inline_scripts]
    rules = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *hashes, *_exact(parts.scripts)],
        # All three programs create `style` elements and attributes as they draw. A style sheet
        # cannot send anything: the other rules bind what it loads, too.
        "style-src": ["'self'", "'unsafe-inline'", *_exact(parts.styles)],
        "img-src": ["'self'", "data:", "blob:", *_exact(parts.images), *_list(sources.images)],
        "font-src": ["'self'", "data:", *_exact(parts.fonts)],
        "media-src": ["'self'", "data:", "blob:"],  # An answer may be a sound or a film.
        "connect-src": ["'self'", *_list(sources.connect | settings)],
        "worker-src": ["blob:"],  # ReDoc's search creates its worker from its own script.
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(dict.fromkeys(rule))}" for name, rule in rules.items())


def find_sources(document: Any) -> Sources:
    """Return the foreign sources that an OpenAPI document names.

    Args:
        document: The document. Parts that are not as OpenAPI requires are ignored.
    """
    connect: set[str] = set()
    images: set[str] = set()
    waiting, seen = [document], set()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue  # A document that a program has written by hand may contain itself.
        if isinstance(part, (dict, list, tuple)):
            seen.add(id(part))
        if isinstance(part, dict):
            for name, value in part.items():
                _read_entry(name, value, connect, images)
            waiting.extend(part.values())
        elif isinstance(part, (list, tuple)):
            waiting.extend(part)
    return Sources(frozenset(connect), frozenset(images))


def find_urls(settings: Any) -> frozenset[str]:
    """Return the foreign sources of all URLs in the settings of a page."""
    found: set[str] = set()
    waiting = [settings]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            found.update(sources_of(part))
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, (list, tuple)):
            waiting.extend(part)
    return frozenset(found)


def _read_entry(name: object, value: Any, connect: set[str], images: set[str]) -> None:
    """Add the sources that one entry of a dictionary of the document names."""
    if name == "servers" and isinstance(value, list):
        for server in value:
            if isinstance(server, dict):
                connect.update(sources_of(server.get("url")))
    elif name in {"tokenUrl", "refreshUrl", "$ref", "externalValue"}:
        connect.update(sources_of(value))
    elif name == "openIdConnectUrl" and sources_of(value):
        connect.update((*sources_of(value), "https:"))  # What it returns names the token's URL.
    elif name == "x-logo" and isinstance(value, dict):
        images.update(sources_of(value.get("url")))
    elif name in {"description", "summary"} and isinstance(value, str):
        for url in _find_images(value):
            images.update(sources_of(url))


def _find_images(text: str) -> Iterator[str]:
    """Yield the URLs of the images in a description."""
    if "![" in text or "<" in text:
        for pattern in IMAGES:
            yield from pattern.findall(text)


def sources_of(url: Any) -> tuple[str, ...]:
    """Return what a policy has to allow for a URL: nothing if it is on the page's own site."""
    found = ORIGIN.match(url.strip()) if isinstance(url, str) else None
    if found is None:
        return ()
    scheme = (found["scheme"] or "").lower()
    if "{" in scheme:
        return ("http:", "https:")
    host = found["host"].rpartition("@")[2]
    if "{" in host:
        return (f"{scheme}:",) if scheme else ("http:", "https:")
    try:
        host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return ()
    if len(host) > LONGEST_HOST or HOST.fullmatch(host) is None:
        return ()
    return (f"{scheme}://{host}" if scheme else host,)


def _list(sources: frozenset[str]) -> list[str]:
    """Return the sources of a rule in order; the schemes alone if there are too many."""
    if len(sources) <= MOST_SOURCES:
        return sorted(sources)
    return ["http:", "https:"] if any(not s.startswith("https:") for s in sources) else ["https:"]


def _exact(urls: Iterable[str]) -> list[str]:
    """Return the sources for files of foreign sites: the site and the path, without a query."""
    sources = []
    for url in urls:
        for origin in sources_of(url):
            path = urlsplit(url.strip()).path
            sources.append(origin + (path if PATH.fullmatch(path) else ""))
    return sources


def _hash_of(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()
