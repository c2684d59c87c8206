"""fastapi-users: registration, login with a token, a route for users, on SQLAlchemy."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

SECRET = "only-for-this-test-and-long-enough-for-hs256"


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


class UserRead(schemas.BaseUser[uuid.UUID]):
    pass


class UserCreate(schemas.BaseUserCreate):
    pass


class UserUpdate(schemas.BaseUserUpdate):
    pass


def make_app(database: Path) -> FastAPI:
    engine = create_async_engine(f"sqlite+aiosqlite:///{database}")
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    async def get_users(
        session: AsyncSession = Depends(get_session),
    ) -> AsyncIterator[SQLAlchemyUserDatabase[User, uuid.UUID]]:
        yield SQLAlchemyUserDatabase(session, User)

    async def get_manager(
        users: SQLAlchemyUserDatabase[User, uuid.UUID] = Depends(get_users),
    ) -> AsyncIterator[UserManager]:
        yield UserManager(users)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
        await engine.dispose()

    backend = AuthenticationBackend(
        name="jwt",
        transport=BearerTransport(tokenUrl="auth/login"),
        get_strategy=lambda: JWTStrategy(secret=SECRET, lifetime_seconds=60),
    )
    users = FastAPIUsers[User, uuid.UUID](get_manager, [backend])
    app = FastAPI(lifespan=lifespan)
    app.include_router(users.get_auth_router(backend), prefix="/auth", tags=["auth"])
    app.include_router(users.get_register_router(UserRead, UserCreate), prefix="/auth")
    app.include_router(users.get_users_router(UserRead, UserUpdate), prefix="/users")

    @app.get("/hello")
    async def hello(user: User = Depends(users.current_user(active=True))) -> dict[str, str]:
        return {"hello": user.email}

    return app


@pytest.fixture
def client(tmp_path: Path) -> AsyncIterator[TestClient]:
    with TestClient(make_app(tmp_path / "users.db")) as client:
        yield client


CREDENTIALS = {"email": "king.arthur@camelot.bt", "password": "guinevere"}


def login(client: TestClient, password: str = CREDENTIALS["password"]) -> dict[str, str]:
    form = {"username": CREDENTIALS["email"], "password": password}
    answer = client.post("/auth/login", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_register_and_log_in(client: TestClient) -> None:
    registered = client.post("/auth/register", json=CREDENTIALS)
    assert registered.status_code == 201, registered.text
    assert registered.json()["email"] == CREDENTIALS["email"]

    assert client.get("/hello", headers=login(client)).json() == {"hello": CREDENTIALS["email"]}
    assert client.get("/hello").status_code == 401


def test_a_second_registration_and_a_wrong_password_are_refused(client: TestClient) -> None:
    client.post("/auth/register", json=CREDENTIALS)

    again = client.post("/auth/register", json=CREDENTIALS)
    assert (again.status_code, again.json()["detail"]) == (400, "REGISTER_USER_ALREADY_EXISTS")
    form = {"username": CREDENTIALS["email"], "password": "lancelot"}
    wrong = client.post("/auth/login", data=form)
    assert (wrong.status_code, wrong.json()["detail"]) == (400, "LOGIN_BAD_CREDENTIALS")


def test_users_change_themselves_and_only_themselves(client: TestClient) -> None:
    client.post("/auth/register", json=CREDENTIALS)
    headers = login(client)

    changed = client.patch("/users/me", json={"password": "excalibur"}, headers=headers)
    assert changed.status_code == 200, changed.text
    login(client, "excalibur")
    assert client.get(f"/users/{uuid.uuid4()}", headers=headers).status_code == 403


def test_the_document_names_the_scheme(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    assert "OAuth2PasswordBearer" in document["components"]["securitySchemes"]
    assert document["paths"]["/hello"]["get"]["security"] == [{"OAuth2PasswordBearer": []}]
