"""A program whose routes take passwords and tokens, in every part of a request."""

import importlib
import os
from typing import Annotated, Any

from pydantic import BaseModel, Json, SecretBytes, SecretStr

framework: Any = importlib.import_module(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"))
Body, Cookie, Form = framework.Body, framework.Cookie, framework.Form
Header, Query = framework.Header, framework.Query
app = framework.FastAPI()


class Login(BaseModel):
    username: str
    password: str
    pin: SecretStr | None = None
    code: SecretBytes | None = None
    age: int = 0


class Account(BaseModel):
    login: Login
    api_key: str = ""
    others: list[Login] = []


class Sent(BaseModel):
    page: int


@app.post("/login")
async def login(login: Login) -> None:
    """Take a body."""


@app.post("/account")
async def account(account: Account) -> None:
    """Take a nested body."""


@app.post("/two")
async def two(client_secret: Annotated[int, Body()], login: Annotated[Login, Body()]) -> None:
    """Take members of a body."""


@app.post("/form")
async def form(login: Annotated[Login, Form()]) -> None:
    """Take a form."""


@app.post("/fields")
async def fields(password: Annotated[int, Form()], page: Annotated[int, Form()]) -> None:
    """Take fields of a form."""


@app.post("/json")
async def inner(data: Annotated[Json[dict[str, int]], Form()]) -> None:
    """Take JSON inside of a form."""


@app.get("/parameters")
async def parameters(
    token: int,
    x_api_key: Annotated[int, Header()],
    authorization: Annotated[int, Header()],
    refresh_token: Annotated[int, Cookie()],
) -> None:
    """Take parameters."""


@app.get("/headers")
async def headers(sent: Annotated[Sent, Header()]) -> None:
    """Take a model of headers."""


@app.get("/query")
async def query(sent: Annotated[Sent, Query()]) -> None:
    """Take a model of the query."""


@app.get("/account")
async def wrong() -> Account:
    """Return a value that the declared model refuses."""
    from tests.hardening.hostile.secret_requests import SECRET

    found: Any = {"login": {"password": SECRET, "pin": [SECRET]}, "api_key": [SECRET]}
    return found
