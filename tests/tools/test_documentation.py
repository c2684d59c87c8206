"""The checks of the built site, on small sites with one mistake each, and the files around it."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tools.documentation import assets, check, external
from tools.documentation.directives import nest
from tools.documentation.included import markdown_of
from tools.documentation.nav import Page

OTHER = '<h1 id="title">Other</h1>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with one page, to which a test adds another."""
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "other.html").write_text(OTHER, encoding="utf-8")
    return tmp_path


def offences(site: Path, html: str) -> list[str]:
    (site / "index.html").write_text(html, encoding="utf-8")
    return list(check.find_offences(site))


@pytest.mark.parametrize(
    "html",
    [
        '<a href="part/other.html">x</a>',
        '<a href="part/other.html#title">x</a>',
        '<a id="here"></a><a href="#here">x</a>',
        '<a href="https://example.com/gone">x</a>',
        '<link rel="canonical" href="https://example.com/">',
        '<script src="part/other.html"></script>',
    ],
)
def test_a_link_that_leads_somewhere_is_no_offence(site: Path, html: str) -> None:
    assert offences(site, html) == []


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="gone.html">x</a>', "index.html: gone.html: there is no such file"),
        ('<a href="part/other.html#x">x</a>', "part/other.html#x: there is no such anchor"),
        ('<a href="#x">x</a>', "index.html: #x: there is no such anchor"),
        ('<img src="gone.svg">', "index.html: gone.svg: there is no such file"),
        ('<script src="https://cdn.test/x.js">', "is loaded from a foreign server"),
        ('<link rel="stylesheet" href="//fonts.test/x.css">', "is loaded from a foreign server"),
    ],
)
def test_an_offence_names_page_link_and_reason(site: Path, html: str, expected: str) -> None:
    (found,) = offences(site, html)
    assert expected in found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("assets/site.css", "body { src: url(https://fonts.test/a.woff2) }"),
        ("assets/javascripts/bundle.js", 'load("https://unpkg.com/mermaid@11/mermaid.min.js")'),
    ],
)
def test_styles_and_scripts_name_no_foreign_server(site: Path, name: str, content: str) -> None:
    (site / name).parent.mkdir(parents=True)
    (site / name).write_text(content, encoding="utf-8")
    (found,) = offences(site, "")
    assert found.startswith(f"{name}: ")


def test_the_command_fails_for_a_site_without_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "OPTIONS", {})
    assert check.main([str(tmp_path)]) == 1
    (tmp_path / "index.html").write_text('<h1 id="top">x</h1>', encoding="utf-8")
    assert check.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == ["0 pages, 0 mistakes", "1 pages, 0 mistakes"]


def test_an_option_that_the_reference_lacks_is_an_offence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def called(self: object, shown: int, hidden: int) -> None: ...

    (tmp_path / "page.html").write_text("<code>shown</code>", encoding="utf-8")
    monkeypatch.setattr(check, "OPTIONS", {"page.html": [called]})
    (found,) = check.find_missing_options(tmp_path)
    assert "the option hidden of" in found


def test_objects_in_a_section_stand_below_its_heading() -> None:
    text = "::: a.b\n\n## Section\n\n::: a.c\n\n::: a.d\n    options:\n      members: false\n"
    assert nest(text) == (
        "::: a.b\n\n## Section\n\n::: a.c\n    options:\n      heading_level: 3\n\n"
        "::: a.d\n    options:\n      members: false\n      heading_level: 3\n"
    )


def test_an_example_is_a_page_with_its_command_and_its_source() -> None:
    text = markdown_of(Page("examples/crud.py", "examples/crud.md"))
    assert text.startswith("# crud.py\n")
    assert "pronghorn run examples/crud.py" in text
    assert "from pronghorn import" in text


def test_an_example_in_a_folder_shows_all_of_its_files() -> None:
    text = markdown_of(Page("examples/shop/README.md", "examples/shop.md"))
    assert text.startswith("# The shop\n")
    assert text.index("### `examples/shop/main.py`") < text.index("### `examples/shop/core/")


def test_external_addresses_are_those_that_a_reader_can_follow() -> None:
    found = external.find_addresses()
    assert "https://opentelemetry.io" in found
    assert not any("127.0.0.1" in address or "example.com" in address for address in found)


class Answers(BaseHTTPRequestHandler):
    """Answers with the status code that the path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server with `Answers`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as found:
        Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.mark.parametrize(
    ("status", "answer"),
    [(200, None), (403, None), (429, None), (404, "404 Not Found"), (410, "410 Gone")],
)
def test_an_external_address_is_gone_if_its_server_says_so(
    server: str, status: int, answer: str | None
) -> None:
    assert external.ask(f"{server}/{status}") == answer


def test_an_address_without_a_server_is_gone() -> None:
    assert "refused" in str(external.ask("http://127.0.0.1:9/"))


def pack_with(folder: Path, content: bytes) -> Path:
    """Put a program `npm` into a folder that packs one file, as npm does."""
    archive = folder / "made.tgz"
    with tarfile.open(archive, "w:gz") as members:
        for name, data in (("package/x.js", content), ("package/LICENSE", b"MIT")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            members.addfile(member, io.BytesIO(data))
    npm = folder / "npm"
    npm.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/calls"\ncp "{archive}" .\n')
    npm.chmod(0o755)
    return archive


def test_a_script_is_loaded_once_and_only_with_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack_with(tmp_path, b"draw()")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    script = assets.Script("draw", "1.2.3", digest, "package/x.js", "draw.js", "diagrams")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert not assets.is_kept(script, tmp_path / "kept")
    file = assets.fetch(script, tmp_path / "kept")
    assert assets.fetch(script, tmp_path / "kept") == file
    assert assets.is_kept(script, tmp_path / "kept")
    assert file.read_bytes() == b"draw()"
    assert assets.licence_of(file).read_text() == "MIT"
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call.endswith("draw@1.2.3")
    pack_with(tmp_path, b"steal()")
    with pytest.raises(assets.NotAvailableError, match="not the archive with the hash"):
        assets.fetch(script, tmp_path / "others")


@pytest.mark.parametrize("script", assets.SCRIPTS, ids=lambda script: script.package)
def test_without_npm_the_message_says_what_the_site_lacks(
    script: assets.Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(assets.NotAvailableError, match="npm is not installed; the site lacks "):
        assets.fetch(script, tmp_path / "kept")
