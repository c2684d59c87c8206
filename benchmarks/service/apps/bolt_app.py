"""The shop on django-bolt: its server and its tokens, Django's ORM, threads for `def` endpoints.

This version has no middleware in Python, so a decorator gives each endpoint its request id and its
metrics. Its log has a line for each request. The models are in `bolt_shop`.
"""

from __future__ import annotations

import functools
import sys
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from common import AUDIENCE, DATABASE, GZIP_FROM, LIFETIME, ORIGIN, SECRET, issue_token, matches
from django.conf import settings

address = urlsplit(DATABASE)
POSTGRESQL = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": address.path[1:],
    "USER": address.username,
    "PASSWORD": address.password,
    "HOST": address.hostname,
    "PORT": address.port,
    "CONN_MAX_AGE": None,
}
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": address.path[1:],
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "timeout": 5,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
settings.configure(
    SECRET_KEY=SECRET,
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["django_bolt", "bolt_shop"],
    ROOT_URLCONF="bolt_app",
    BOLT_API=["bolt_app:api"],
    CORS_ALLOWED_ORIGINS=[ORIGIN],
    DATABASES={"default": POSTGRESQL if address.scheme == "postgresql" else SQLITE},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    TIME_ZONE="UTC",
    DEBUG=False,
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stdout",
            }
        },
        "loggers": {"django.server": {"handlers": ["out"], "level": "INFO", "propagate": False}},
    },
)

import django  # noqa: E402 - Django must be configured before

django.setup()

from bolt_shop.models import Item, User  # noqa: E402 - likewise
from django_bolt import BoltAPI, CompressionConfig  # noqa: E402
from django_bolt.auth import IsAuthenticated, JWTAuthentication  # noqa: E402
from django_bolt.exceptions import HTTPException  # noqa: E402
from django_bolt.logging.config import LoggingConfig  # noqa: E402
from django_bolt.param_functions import Form, Header, Query  # noqa: E402
from django_bolt.responses import JSON, PlainText  # noqa: E402
from prometheus_client import Histogram, generate_latest  # noqa: E402

urlpatterns: list[object] = []
api = BoltAPI(
    compression=CompressionConfig("gzip", minimum_size=GZIP_FROM),
    logging_config=LoggingConfig(),  # By default it logs slow requests only.
)
signed_in = {
    "auth": [JWTAuthentication(secret=SECRET, audience=AUDIENCE)],
    "guards": [IsAuthenticated()],
}
# django-bolt hands over the headers of a request only if the endpoint asks for one.
RequestId = Annotated[str | None, Header(alias="x-request-id")]
durations = Histogram("http_request_duration_seconds", "", ["method", "route", "status"])


class TokenOut(msgspec.Struct):
    access_token: str
    expires_in: int
    token_type: str = "bearer"


class UserPublic(msgspec.Struct):
    id: int
    email: str
    name: str
    created_at: datetime


class ItemCreate(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    price_cents: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
    description: Annotated[str, msgspec.Meta(max_length=1000)] | None = None


class ItemPublic(msgspec.Struct):
    id: int
    owner_id: int
    name: str
    description: str | None
    price_cents: int
    created_at: datetime


def observe(status: int = 200) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give the answers of an endpoint a request id, and measure how long they take."""

    def decorate(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(endpoint)
        def answer(request: Any, *args: Any, **kwargs: Any) -> JSON:
            begin = time.perf_counter()
            number = request["headers"].get("x-request-id") or uuid.uuid4().hex
            found = 500
            try:
                content = endpoint(request, *args, **kwargs)
                found = status
                return JSON(content, status, {"x-request-id": number})
            except HTTPException as error:
                found = error.status_code
                error.headers = {**(error.headers or {}), "x-request-id": number}
                raise
            finally:
                labels = (request["method"], endpoint.__name__, found)
                durations.labels(*labels).observe(time.perf_counter() - begin)

        return answer

    return decorate


def current_user(request: Any) -> User:
    """Return the user whose token django-bolt has checked."""
    return require(User.objects.filter(id=read_user_id(request)).first())


def read_user_id(request: Any) -> int:
    """Return the id in a token that django-bolt has checked."""
    return int(request.get("auth")["user_id"])


def require(user: User | None) -> User:
    """Return a user that was found, or answer 401."""
    if user is None:
        raise HTTPException(401, "The token is invalid or has expired")
    return user


def as_item(item: Item) -> ItemPublic:
    """Return an item as clients see it."""
    return msgspec.convert(item, ItemPublic, from_attributes=True)


@api.post("/token")
@observe()
def login(
    request: dict,
    username: Annotated[str, Form()],
    password: Annotated[str, Form()],
    x_request_id: RequestId = None,
) -> TokenOut:
    user = User.objects.filter(email=username.lower()).first()
    if user is None or not matches(password, user.password_hash):
        raise HTTPException(401, "Incorrect e-mail address or password")
    return TokenOut(issue_token(user.id), LIFETIME)


@api.get("/me", **signed_in)
@observe()
def read_own_account(request: dict, x_request_id: RequestId = None) -> UserPublic:
    # django-bolt looks for `objects` in the endpoint itself, and runs it in a thread only then.
    user = require(User.objects.filter(id=read_user_id(request)).first())
    return msgspec.convert(user, UserPublic, from_attributes=True)


@api.get("/items", **signed_in)
@observe()
def list_items(
    request: dict, after: Annotated[int, Query(ge=0)] = 0, x_request_id: RequestId = None
) -> list[ItemPublic]:
    current_user(request)
    return [as_item(item) for item in Item.objects.filter(id__gt=after).order_by("id")[:20]]


@api.get("/items/{item_id}", **signed_in)
@observe()
def read_item(request: dict, item_id: int, x_request_id: RequestId = None) -> ItemPublic:
    current_user(request)
    item = Item.objects.filter(id=item_id).first()
    if item is None:
        raise HTTPException(404, "There is no such item")
    return as_item(item)


@api.post("/items", status_code=201, **signed_in)
@observe(201)
def create_item(request: dict, form: ItemCreate, x_request_id: RequestId = None) -> ItemPublic:
    fields = msgspec.structs.asdict(form)
    return as_item(Item.objects.create(owner=current_user(request), **fields))


@api.get("/health")
def check_health() -> dict[str, str]:
    User.objects.filter(id=1).exists()
    return {"status": "ok"}


@api.get("/metrics")
def read_metrics() -> PlainText:
    return PlainText(generate_latest().decode())


if __name__ == "__main__":
    from django.core.management import call_command

    sys.modules["bolt_app"] = sys.modules["__main__"]
    call_command("runbolt", host="127.0.0.1", port=int(sys.argv[1]), processes=1)
