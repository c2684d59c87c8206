"""Secrets in pairs, in cookies and under joined names are not repeated; other values are."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from pronghorn import Body, Cookie, FastAPI
from pronghorn.testclient import TestClient

app = FastAPI(validation_error_input="mask")
SECRET = "hunter2hunter2"


@app.post("/any")
async def take(value: Annotated[int, Body()]) -> int:
    return value


@app.get("/cookie")
async def read(session: Annotated[int, Cookie()], page: Annotated[int, Cookie()] = 1) -> int:
    return session + page


client = TestClient(app)


@pytest.mark.parametrize(
    "value",
    [
        [["password", SECRET]],
        {"headers": [["accept", "*/*"], ["authorization", SECRET]]},
        {"csrftoken": SECRET},
        {"refreshToken": SECRET},
        [{"accesstoken": [SECRET]}],
    ],
)
def test_a_secret_in_any_shape(value: Any) -> None:
    response = client.post("/any", json=value)
    assert response.status_code == 422
    assert SECRET not in response.text
    assert "**********" in response.text


def test_the_cookie_of_a_session() -> None:
    response = client.get("/cookie", headers={"cookie": f"session={SECRET}; page=first"})
    assert response.status_code == 422
    assert SECRET not in response.text
    assert response.json()["detail"][1]["input"] == "first"


@pytest.mark.parametrize(
    "value", [[["name", "Ann"]], {"secretary": "Ann"}, {"session": "morning"}, ["token", "pwd"]]
)
def test_other_values_are_shown(value: Any) -> None:
    assert client.post("/any", json=value).json()["detail"][0]["input"] == value
