"""fastapi-injector: dependencies that are resolved by an injector, one scope per request."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient
from fastapi_injector import Injected, InjectorMiddleware, attach_injector, request_scope
from injector import Injector, singleton


class Settings:
    name = "shop"


class Session:
    pass


def test_values_of_the_injector() -> None:
    injector = Injector()
    injector.binder.bind(Settings, scope=singleton)
    injector.binder.bind(Session, scope=request_scope)
    app = FastAPI()
    app.add_middleware(InjectorMiddleware, injector=injector)
    attach_injector(app, injector)
    sessions: list[Session] = []

    @app.get("/")
    async def root(
        settings: Settings = Injected(Settings),
        session: Session = Injected(Session),
        again: Session = Injected(Session),
    ) -> str:
        sessions.append(session)
        assert session is again
        return settings.name

    client = TestClient(app)
    assert [client.get("/").json() for _ in range(2)] == ["shop", "shop"]
    assert sessions[0] is not sessions[1]
