"""The files of the documentation pages: pinned, downloaded once, and never silently missing."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pronghorn.openapi.asset_files import AssetFiles
from tools import docs_assets
from tools.docs_assets import AssetsError, find_registry, prepare_assets

SCRIPT = b"load('https://foreign.example/logo.svg')"
NOWHERE = "http://127.0.0.1:9"


def make_tarball(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


TARBALL = make_tarball({"dist/page.js": SCRIPT, "LICENSE": b"MIT"})


class Registry(BaseHTTPRequestHandler):
    """A registry of npm with one package."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = self.path == "/npm/@our/pages/-/pages-1.2.0.tgz"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(TARBALL if found else b"")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[str]:
    Registry.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/npm/"
    server.shutdown()
    thread.join()
    server.server_close()


def write_pins(
    folder: Path, *, tarball: bytes = TARBALL, version: str = "1.2.0", replaced: str = "foreign"
) -> Path:
    integrity = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    pins = folder / "pins.toml"
    pins.write_text(
        f"""
        [[package]]
        name = "@our/pages"
        folder = "pages"
        version = "{version}"
        integrity = "sha512-{integrity}"
        licence = "MIT"
        licence_files = ["LICENSE"]
        [package.files]
        redoc_js = "dist/page.js"
        [package.replacements]
        "https://{replaced}.example/logo.svg" = "data:,"
        """
    )
    return pins


def test_files_and_licences_are_extracted_once(tmp_path: Path, registry: str) -> None:
    pins, folder = write_pins(tmp_path), tmp_path / "assets"
    environment = {"NPM_CONFIG_REGISTRY": registry}
    for _ in range(2):
        assert prepare_assets(folder, pins, environment, required=True)
    assert Registry.asked == ["/npm/@our/pages/-/pages-1.2.0.tgz"]
    assert (folder / "pages" / "LICENSE").read_bytes() == b"MIT"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    found = AssetFiles(folder).by_role["redoc_js"]
    content = gzip.decompress(found.file.read_bytes())
    assert content == b"load('data:,')"
    assert found.name == "@our/pages@1.2.0/page.js"
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert prepare_assets(folder, pins, {"NPM_CONFIG_REGISTRY": NOWHERE}, required=True)


@pytest.mark.parametrize("damage", ["file", "licence", "manifest", "pins"])
def test_what_is_damaged_or_old_is_downloaded_again(
    tmp_path: Path, registry: str, damage: str
) -> None:
    pins, folder = write_pins(tmp_path), tmp_path / "assets"
    environment = {"NPM_CONFIG_REGISTRY": registry}
    prepare_assets(folder, pins, environment)
    if damage == "file":
        (folder / "pages" / "page.js.gz").write_bytes(gzip.compress(b"other"))
    elif damage == "licence":
        (folder / "pages" / "LICENSE").unlink()
    elif damage == "manifest":
        (folder / "manifest.json").write_text(json.dumps({"pins": 1}))
    else:
        pins.write_text(pins.read_text() + "\n# changed\n")
    assert prepare_assets(folder, pins, environment)
    assert len(Registry.asked) == 2
    assert AssetFiles(folder).has("redoc_js")


def test_without_a_network_a_build_says_so_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pins, folder = write_pins(tmp_path), tmp_path / "assets"
    environment = {"NPM_CONFIG_REGISTRY": NOWHERE}
    assert not prepare_assets(folder, pins, environment)
    assert "built WITHOUT their scripts" in capsys.readouterr().err
    assert not folder.exists()
    with pytest.raises(AssetsError, match=r"pages-1\.2\.0\.tgz cannot be downloaded: "):
        prepare_assets(folder, pins, {**environment, "PRONGHORN_DOCS_ASSETS": "required"})


def test_a_build_may_leave_them_out(tmp_path: Path, registry: str) -> None:
    pins, folder = write_pins(tmp_path), tmp_path / "assets"
    environment = {"NPM_CONFIG_REGISTRY": registry, "PRONGHORN_DOCS_ASSETS": "skip"}
    assert not prepare_assets(folder, pins, environment)
    assert Registry.asked == []
    with pytest.raises(AssetsError, match="may be 'required' or 'skip'"):
        prepare_assets(folder, pins, {"PRONGHORN_DOCS_ASSETS": "yes"})


def test_a_wrong_hash_is_always_an_error(tmp_path: Path, registry: str) -> None:
    pins = write_pins(tmp_path, tarball=b"another")
    with pytest.raises(AssetsError, match="@our/pages: the hash is sha512-"):
        prepare_assets(tmp_path / "assets", pins, {"NPM_CONFIG_REGISTRY": registry})
    assert not (tmp_path / "assets").exists()


def test_a_text_that_cannot_be_replaced_is_an_error(tmp_path: Path, registry: str) -> None:
    pins = write_pins(tmp_path, replaced="absent")
    with pytest.raises(AssetsError, match="is not there exactly once"):
        prepare_assets(tmp_path / "assets", pins, {"NPM_CONFIG_REGISTRY": registry})


def test_the_registry_of_npm_is_used(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text('fund=false\nregistry = "https://npm.example/"\n')
    assert find_registry({"HOME": str(tmp_path)}) == "https://npm.example"
    both = {"HOME": str(tmp_path), "npm_config_registry": "https://other.example"}
    assert find_registry(both) == "https://other.example"
    other = tmp_path / "npmrc"
    other.write_text("registry=https://third.example")
    config = {"HOME": str(tmp_path), "NPM_CONFIG_USERCONFIG": str(other)}
    assert find_registry(config) == "https://third.example"
    with pytest.raises(AssetsError, match="is not an http or https URL"):
        docs_assets.download("file:///etc", "x", "1")


def test_the_pins_name_every_file_that_the_pages_load() -> None:
    packages = tomllib.loads(docs_assets.PINS.read_text("utf-8"))["package"]
    roles = [role for package in packages for role in package.get("files", {})]
    assert sorted(roles) == ["redoc_js", "scalar_js", "swagger_css", "swagger_js"]
    folders = {package["folder"] for package in packages if package["licence_files"]}
    assert folders == {package["folder"] for package in packages}
    assert all(package["integrity"].startswith("sha512-") for package in packages)
