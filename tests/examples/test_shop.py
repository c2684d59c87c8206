"""The shop's accounts: registration, login, tokens, and rules for the whole application."""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text

from pronghorn import FastAPI
from pronghorn.testclient import TestClient
from shop.core.config import settings
from shop.core.database import db
from shop.core.security import Passwords
from shop.core.work import jobs
from shop.routers.dependencies import get_current_user
from shop.schemas.users import UserCreate, UserPublic
from shop.services import users

from .conftest import PASSWORD, SECRET_KEY

ANN = {"email": "ann@example.com", "name": "Ann", "password": PASSWORD}


def rows(client: TestClient, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a statement, read as the application would."""

    async def read() -> list[tuple[Any, ...]]:
        async with db.transaction(read_only=True) as session:
            return [tuple(row) for row in await session.execute(text(statement))]

    assert client.portal
    return client.portal.call(read)


class TestRegistration:
    def test_creates_an_account(self, client: TestClient) -> None:
        response = client.post("/users", json=ANN)
        assert response.status_code == 201
        account = response.json()
        moment = datetime.fromisoformat(account.pop("created_at"))
        assert moment.utcoffset() == timedelta(0)
        assert account == {"id": 1, "email": "ann@example.com", "name": "Ann"}

    def test_stores_an_argon2_hash_and_no_password(self, client: TestClient) -> None:
        client.post("/users", json=ANN)
        ((stored,),) = rows(client, "SELECT password_hash FROM users")
        assert stored.startswith("$argon2id$")
        assert PASSWORD not in stored

    @pytest.mark.parametrize("email", ["ann@example.com", "Ann@Example.COM"])
    def test_an_address_has_one_account(self, client: TestClient, email: str) -> None:
        client.post("/users", json=ANN)
        response = client.post("/users", json={**ANN, "email": email})
        assert response.status_code == 409
        (error,) = response.json()["detail"]
        assert (error["loc"], error["type"]) == (["body", "email"], "unique_violation")

    def test_stores_the_task_that_writes_a_welcome_message(self, client: TestClient) -> None:
        client.post("/users", json=ANN)
        client.post("/users", json=ANN)  # 409: no second task
        assert client.portal
        (waiting,) = client.portal.call(jobs.list)
        assert (waiting.task, waiting.state) == ("shop.services.users:welcome", "waiting")
        assert waiting.arguments == {"email": "ann@example.com", "name": "Ann"}
        assert rows(client, "SELECT * FROM outbox") == []  # A worker writes it.

    @pytest.mark.parametrize(
        ("change", "field", "kind"),
        [
            ({"email": "nobody"}, "email", "value_error"),
            ({"email": "a\0b@example.com"}, "email", "value_error"),
            ({"email": "a" * 300 + "@example.com"}, "email", "value_error"),
            ({"email": 7}, "email", "string_type"),
            ({"name": ""}, "name", "string_too_short"),
            ({"name": "   "}, "name", "string_too_short"),
            ({"name": "n" * 101}, "name", "string_too_long"),
            ({"name": "A\0n"}, "name", "nul_character"),
            ({"name": None}, "name", "string_type"),
            ({"password": "seven77"}, "password", "string_too_short"),
            ({"password": "p" * 129}, "password", "string_too_long"),
            ({"password": "12345678\0"}, "password", "nul_character"),
            ({"password": 12345678}, "password", "string_type"),
        ],
    )
    def test_refuses(
        self, client: TestClient, change: dict[str, Any], field: str, kind: str
    ) -> None:
        response = client.post("/users", json={**ANN, **change})
        assert response.status_code == 422
        (error,) = response.json()["detail"]
        assert (error["loc"], error["type"]) == (["body", field], kind)

    @pytest.mark.parametrize("password", ["p" * 8, "p" * 128, "ünïcödé✓"])
    def test_accepts_passwords_from_8_to_128_characters(
        self, client: TestClient, password: str
    ) -> None:
        assert client.post("/users", json={**ANN, "password": password}).status_code == 201
        form = {"username": ANN["email"], "password": password}
        assert client.post("/token", data=form).status_code == 200

    def test_names_every_missing_field(self, client: TestClient) -> None:
        response = client.post("/users", json={})
        assert response.status_code == 422
        found = [(error["loc"][1], error["type"]) for error in response.json()["detail"]]
        assert found == [("email", "missing"), ("name", "missing"), ("password", "missing")]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b"7",
            b'"text"',
            b'{"email": "\xff"}',
            b'{"email": "ann@example.com", "name": "\\ud800", "password": "12345678"}',
        ],
    )
    def test_refuses_what_is_no_such_object(self, client: TestClient, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        response = client.post("/users", content=body, headers=headers)
        # 400 is the answer to bytes that are no text at all.
        assert response.status_code in {400, 422}

    def test_never_repeats_a_password(self, client: TestClient) -> None:
        secret = "hunter2"
        answers = [
            client.post("/users", json={**ANN, "password": secret}),  # too short
            client.post("/users", json={"password": secret}),  # others missing
            client.post("/users", json=[secret]),
            client.post("/token", data={"password": secret}),
            client.post("/token", data={"username": "ann@example.com", "password": secret}),
        ]
        assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 401]
        assert not any(secret in answer.text for answer in answers)


class TestLogin:
    def test_gives_a_token(self, client: TestClient) -> None:
        client.post("/users", json=ANN)
        form = {"username": "Ann@example.com", "password": PASSWORD}
        response = client.post("/token", data=form)
        assert response.status_code == 200
        token = response.json()
        assert (token["token_type"], token["expires_in"]) == ("bearer", 1800)
        claims = jwt.decode(
            token["access_token"], SECRET_KEY, algorithms=["HS256"], audience="shop"
        )
        assert claims["sub"] == "1"
        assert claims["exp"] - claims["iat"] == 1800

    @pytest.mark.parametrize(
        "form",
        [
            {"username": "ann@example.com", "password": "wrong password"},
            {"username": "nobody@example.com", "password": PASSWORD},
            {"username": "ann@example.com", "password": PASSWORD + "\0"},
            {"username": "ann@example.com", "password": "p" * 10_000},
            {"username": "' OR 1=1 --", "password": PASSWORD},
        ],
    )
    def test_refuses_wrong_credentials(self, client: TestClient, form: dict[str, str]) -> None:
        client.post("/users", json=ANN)
        response = client.post("/token", data=form)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json() == {"detail": "Incorrect e-mail address or password"}

    def test_refuses_a_name_that_no_database_keeps(self, client: TestClient) -> None:
        form = {"username": "ann@example.com\0", "password": PASSWORD}
        assert client.post("/token", data=form).status_code == 422

    @pytest.mark.parametrize("form", [{}, {"username": "ann@example.com"}, {"password": "x"}])
    def test_refuses_an_incomplete_form(self, client: TestClient, form: dict[str, str]) -> None:
        assert client.post("/token", data=form).status_code == 422

    def test_refuses_json(self, client: TestClient) -> None:
        form = {"username": "ann@example.com", "password": PASSWORD}
        assert client.post("/token", json=form).status_code == 422

    def test_an_unknown_user_costs_as_much_work(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client.post("/users", json=ANN)
        threads: list[str] = []
        verify = Argon2Hasher.verify

        def recording(*args: Any, **kwargs: Any) -> bool:
            threads.append(threading.current_thread().name)
            return verify(*args, **kwargs)

        monkeypatch.setattr(Argon2Hasher, "verify", recording)
        for email in ("ann@example.com", "nobody@example.com"):
            form = {"username": email, "password": "wrong password"}
            assert client.post("/token", data=form).status_code == 401
        assert len(threads) == 2
        assert all("worker thread" in name for name in threads)  # off the event loop

    def test_renews_a_hash_made_with_other_settings(self, client: TestClient) -> None:
        others = settings.model_copy(update={"password_rounds": 2})

        async def register() -> None:
            async with db.transaction() as session:
                await users.register(session, Passwords(others), UserCreate(**ANN))

        assert client.portal
        client.portal.call(register)
        assert ",t=2," in rows(client, "SELECT password_hash FROM users")[0][0]
        form = {"username": ANN["email"], "password": PASSWORD}
        assert client.post("/token", data=form).status_code == 200
        assert client.post("/token", data=form).status_code == 200
        assert ",t=1," in rows(client, "SELECT password_hash FROM users")[0][0]


def signed(key: str = SECRET_KEY, algorithm: str = "HS256", **changes: Any) -> str:
    """A token like ours, with some claims changed, or left out when they are None."""
    claims: dict[str, Any] = {
        "sub": "1",
        "aud": "shop",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
        **changes,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key, algorithm=algorithm)


def unsigned(header: bytes) -> str:
    """A token without a signature, whose header is the given JSON."""
    claims = json.dumps({"sub": "1", "aud": "shop", "exp": 2**40}).encode()
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, ""])


BAD_TOKENS = {
    "no token": "garbage",
    "empty parts": "..",
    "algorithm none": unsigned(b'{"alg": "none", "typ": "JWT"}'),
    "no algorithm": unsigned(b"{}"),
    "nested header": unsigned(b'{"alg":' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
    "another key": signed(key="another key, just as long as the right one"),
    "another algorithm": signed(algorithm="HS384", key=SECRET_KEY + "x" * 16),
    "signature cut off": signed().rsplit(".", 1)[0] + ".",
    "signature of another token": signed().rsplit(".", 1)[0]
    + "."
    + signed(sub="2").rsplit(".", 1)[1],
    "expired": signed(exp=datetime.now(UTC) - timedelta(minutes=5)),
    "without exp": signed(exp=None),
    "without sub": signed(sub=None),
    "without aud": signed(aud=None),
    "another audience": signed(aud="bank"),
    "sub of nobody": signed(sub="999"),
    "sub that is no number": signed(sub="ann"),
    "sub beyond the database": signed(sub=str(2**63)),
}


class TestTokens:
    def test_tells_who_the_caller_is(self, client: TestClient, ann: dict[str, str]) -> None:
        response = client.get("/users/me", headers=ann)
        assert response.status_code == 200
        assert response.json()["email"] == "ann@example.com"

    @pytest.mark.parametrize(
        "headers", [{}, {"Authorization": ""}, {"Authorization": "Basic YTpi"}]
    )
    def test_a_token_is_needed(self, client: TestClient, headers: dict[str, str]) -> None:
        response = client.get("/users/me", headers=headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS)
    @pytest.mark.usefixtures("ann")
    def test_refuses(self, client: TestClient, token: str) -> None:
        response = client.get("/users/me", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'

    @pytest.mark.usefixtures("ann")
    def test_accepts_what_the_bad_ones_are_variations_of(self, client: TestClient) -> None:
        headers = {"Authorization": f"Bearer {signed()}"}
        assert client.get("/users/me", headers=headers).status_code == 200

    def test_the_caller_can_be_replaced(self, app: FastAPI, client: TestClient) -> None:
        someone = UserPublic(id=7, email="x@example.com", name="X", created_at=datetime.now(UTC))
        app.dependency_overrides[get_current_user] = lambda: someone
        assert client.get("/users/me").json()["id"] == 7
        app.dependency_overrides.clear()
        assert client.get("/users/me").status_code == 401
