"""Authlib: login with another service (OAuth 2.0, RFC 6749), which keeps its state in a session."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse
from fastapi.testclient import TestClient
from starlette.middleware.sessions import SessionMiddleware


def other_service(request: httpx2.Request) -> httpx2.Response:
    """Answers as the service where users log in."""
    if request.url.path == "/token":
        assert parse_qs(request.content.decode())["code"] == ["the-code"]
        return httpx2.Response(200, json={"access_token": "token", "token_type": "Bearer"})
    assert request.headers["authorization"] == "Bearer token"
    return httpx2.Response(200, json={"name": "arthur"})


def make_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key="only for this test")
    oauth = OAuth()
    oauth.register(
        "other",
        client_id="shop",
        client_secret="secret",
        authorize_url="https://other.example/authorize",
        access_token_url="https://other.example/token",
        api_base_url="https://other.example/",
        client_kwargs={"transport": httpx2.MockTransport(other_service)},
    )

    @app.get("/login")
    async def login(request: Request) -> Any:
        return await oauth.other.authorize_redirect(request, request.url_for("callback"))

    @app.get("/callback")
    async def callback(request: Request) -> RedirectResponse:
        token = await oauth.other.authorize_access_token(request)
        user = await oauth.other.get("me", token=token)
        request.session["user"] = user.json()["name"]
        return RedirectResponse("/me")

    @app.get("/me")
    async def me(request: Request) -> str:
        if "user" not in request.session:
            raise HTTPException(401)
        return str(request.session["user"])

    return app


def test_log_in() -> None:
    client = TestClient(make_app())
    assert client.get("/me").status_code == 401

    sent_to = client.get("/login", follow_redirects=False).headers["location"]
    query = parse_qs(urlsplit(sent_to).query)
    assert query["redirect_uri"] == ["http://testserver/callback"]

    back = {"code": "the-code", "state": query["state"][0]}
    assert client.get("/callback", params=back).json() == "arthur"
    assert client.get("/me").json() == "arthur"
