"""A slash at the end of a root path is ignored; on FastAPI no route is found below it."""

from typing import Any

import fastapi
import fastapi.testclient
import pytest

import pronghorn
from pronghorn.testclient import TestClient


def answers(module: Any, client: Any, root_path: str, path: str) -> tuple[int, Any]:
    app = module.FastAPI(root_path=root_path)

    async def read(request: module.Request) -> list[str]:
        return [request.scope["root_path"], str(request.url_for("read"))]

    app.get("/items")(read)
    answer = client(app).get(path)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("root_path", ["/api", "/api/", "/api//"])
@pytest.mark.parametrize("path", ["/items", "/api/items"])
@pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")
@pytest.mark.filterwarnings("ignore::pronghorn.exceptions.FastAPIDeprecationWarning")
def test_a_last_slash_of_the_root_path_says_nothing(root_path: str, path: str) -> None:
    expected = (200, ["/api", "http://testserver/api/items"])
    assert answers(pronghorn, TestClient, root_path, path) == expected
    theirs = answers(fastapi, fastapi.testclient.TestClient, root_path, path)
    if root_path == "/api":
        assert theirs == expected
    elif path == "/items":
        assert theirs == (200, [root_path, "http://testserver/api/items"])
    else:
        assert theirs == (404, {"detail": "Not Found"})
