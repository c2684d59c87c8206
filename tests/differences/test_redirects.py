"""The redirect that adds or removes a slash stays on the server that the client has called."""

from __future__ import annotations

from pathlib import Path

import pytest

from pronghorn import APIRouter, FastAPI
from pronghorn.testclient import TestClient

app = FastAPI()
router = APIRouter(prefix="/shop")
mounted = FastAPI()


@app.get("/with/")
@app.get("/without")
@app.get("/names/{name}/")
@router.get("/items/")
@mounted.get("/deep/")
async def read(name: str = "", q: str = "") -> list[str]:
    return [name, q]


@app.get("/any/{rest:path}/")
@app.get("//{host}")
async def anything() -> None: ...


app.include_router(router)
app.mount("/mounted", mounted)
client = TestClient(app, follow_redirects=False)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/with", "/with/"),
        ("/without/", "/without"),
        ("/without///", "/without"),
        ("/with?q=a%20b&q=%C3%A9+c", "/with/?q=a%20b&q=%C3%A9+c"),
        ("/shop/items", "/shop/items/"),
        ("/mounted/deep", "/mounted/deep/"),
        ("/names/a%20b", "/names/a%20b/"),
        ("/names/caf%C3%A9", "/names/caf%C3%A9/"),
        ("/names/50%25", "/names/50%25/"),
        ("/names/a%3Fb%23c", "/names/a%3Fb%23c/"),
        ("/names/a%5Cb", "/names/a%5Cb/"),
        ("/names/http:x", "/names/http:x/"),
    ],
)
def test_the_location_is_a_path(path: str, location: str) -> None:
    response = client.get(path)

    assert response.status_code == 307
    assert response.headers["location"] == location


@pytest.mark.parametrize("host", ["evil.example", "testserver:99999", "a b", ""])
def test_the_host_header_does_not_matter(host: str) -> None:
    assert client.get("/with", headers={"host": host}).headers["location"] == "/with/"


def test_a_path_with_two_slashes_does_not_become_a_host() -> None:
    location = client.get("http://testserver//evil.example/").headers["location"]

    assert location == "/%2Fevil.example"


def test_the_redirect_leads_to_the_route() -> None:
    following = TestClient(app)

    assert following.get("/names/50%25?q=1").json() == ["50%", "1"]


def test_a_root_path_is_kept() -> None:
    client = TestClient(app, root_path="/api", follow_redirects=False)

    assert client.get("/api/with").headers["location"] == "/api/with/"


def test_a_folder_of_a_frontend_is_redirected_alike(tmp_path: Path) -> None:
    (tmp_path / "about").mkdir()
    (tmp_path / "about" / "index.html").write_text("about")
    app = FastAPI()
    app.frontend("/", directory=tmp_path)

    response = TestClient(app, follow_redirects=False).get("/about?a=b")

    assert response.headers["location"] == "/about/?a=b"
