"""`pronghorn check` and unsafe settings: each is found with its place, and no honest one is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pronghorn.cli.app import commands
from pronghorn.cli.unsafe import CODES
from tests.cli.conftest import Write

EXAMPLES = Path(__file__).parents[2] / "examples"
KEY = "0Lr8w2x5bV7nTqYk3ZpGd9sHf1mJc6eAuRi4"

HONEST = f"""
from starlette.middleware.sessions import SessionMiddleware

from pronghorn import FastAPI, WebSocket
from pronghorn.middleware.cors import CORSMiddleware
from pronghorn.middleware.trustedhost import TrustedHostMiddleware

app = FastAPI(openapi_url=None, max_body_size=1_048_576)
app.add_middleware(SessionMiddleware, secret_key="{KEY}", https_only=True)
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"], allow_credentials=True)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example", "*.shop.example"])
inner = FastAPI(openapi_url=None)
app.mount("/inner", inner)

@app.post("/items")
async def create(item: dict[str, int]): ...

@inner.post("/items")
async def create_inside(item: dict[str, int]): ...

@app.websocket("/live", websocket_origins=["https://shop.example"])
async def live(websocket: WebSocket): ...
"""
"""A program without any unsafe setting, and with each kind of middleware that could have one."""

SESSION = f'SessionMiddleware, secret_key="{KEY}", https_only=True'
ORIGINS = 'allow_origins=["https://shop.example"]'
HOSTS = 'allowed_hosts=["shop.example", "*.shop.example"]'
LIVE = ', websocket_origins=["https://shop.example"]'
CHANGES = [
    ("debug", "FastAPI(openapi_url=None, max", "FastAPI(debug=True, openapi_url=None, max", 7),
    ("debug", "inner = FastAPI(", "inner = FastAPI(debug=True, ", 11),
    ("cors", ORIGINS, 'allow_origins=["*"]', 9),
    ("cors", ORIGINS, 'allow_origins=["null"]', 9),
    ("cors", ORIGINS, 'allow_origin_regex=".*"', 9),
    ("cors", ORIGINS, 'allow_origin_regex="https?://.+"', 9),
    ("session-secret", KEY, "changeme", 8),
    ("session-secret", KEY, "your-secret-key-goes-in-this-place-ok", 8),
    ("session-secret", KEY, "short-but-random-7f3a", 8),
    ("session-secret", KEY, "a" * 40, 8),
    ("session-secret", KEY, "", 8),
    ("same-site", SESSION, SESSION + ', same_site="none"', 8),
    ("https-only", ", https_only=True", "", 8),
    (
        "client-secret",
        "FastAPI(openapi_url=None, max",
        'FastAPI(swagger_ui_init_oauth={"clientSecret": "x"}, max',
        7,
    ),
    ("open-docs", "FastAPI(openapi_url=None, max", "FastAPI(max", 7),
    ("open-docs", "inner = FastAPI(openapi_url=None)", "inner = FastAPI()", 11),
    ("body-limit", ", max_body_size=1_048_576", "", 17),
    (
        "content-type",
        "FastAPI(openapi_url=None, max",
        "FastAPI(strict_content_type=False, openapi_url=None, max",
        14,
    ),
    (
        "secret-in-url",
        "create(item: dict[str, int])",
        "create(item: dict[str, int], secret: str)",
        14,
    ),
    ("websocket-origins", LIVE, "", 20),
    ("websocket-origins", LIVE, ', websocket_origins=["*"]', 20),
    ("hosts", HOSTS, 'allowed_hosts=["*"]', 10),
    ("hosts", f", {HOSTS}", "", 10),
]
#: Unsafe only in production.
IN_PRODUCTION = {"https-only", "open-docs", "body-limit", "hosts", "content-type"}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the databases and the settings of other tests, as in a process of its own."""
    monkeypatch.setattr("pronghorn.sql.known._known", [])
    monkeypatch.setattr("pronghorn.settings.base._loaded", {})
    monkeypatch.setattr("pronghorn.cli.audited._values_of", lambda module: [])
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # A test writes a module twice.


def check(*arguments: str) -> Result:
    sys.modules.pop("checked_program", None)
    return CliRunner().invoke(commands, ["check", "checked_program.py", *arguments])


def report(*arguments: str) -> dict[str, Any]:
    result = check("--json", *arguments)
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["failed"] == bool(result.exit_code)
    return document


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [one["code"] for one in found]


def test_an_honest_program_has_nothing_unsafe(write: Write) -> None:
    write("checked_program.py", HONEST)
    result = check("--strict")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("\nchecked_program:app: 4 routes, no mistakes\n")


@pytest.mark.parametrize(("code", "old", "new", "line"), CHANGES)
def test_each_unsafe_setting_is_found_alone_with_its_line(
    write: Write, code: str, old: str, new: str, line: int
) -> None:
    assert HONEST.count(old) == 1
    write("checked_program.py", HONEST.replace(old, new))
    found = report("--strict")
    named = [one for one in found["unsafe"] if one["code"] == code]
    others = {"open-docs"} if code == "client-secret" else set()
    assert set(codes(found["unsafe"])) - {code} == others
    assert [one["where"] for one in named] == [f"checked_program.py:{line}"]
    assert all(one["why"] and one["write"] for one in named)
    assert found["failed"]
    assert (code in codes(report()["unsafe_in_production"])) == (code in IN_PRODUCTION)


def test_what_is_found_is_printed_with_why_and_what_to_write(write: Write) -> None:
    write("checked_program.py", HONEST.replace(ORIGINS, 'allow_origins=["*"]'))
    result = check()
    assert result.exit_code == 0
    assert result.stderr == (
        "Unsafe: CORSMiddleware allows any origin (allow_origins=['*']) with credentials (cors)\n"
        "  where: checked_program.py:9\n"
        "  why:   Every web page that a signed-in user visits can call the API as that user, and "
        "read the answers.\n"
        '  write: List the origins: allow_origins=["https://shop.example"].\n'
    )
    assert result.stdout.endswith("4 routes, no mistakes, 1 unsafe setting\n")
    assert check("--strict").exit_code == 1
    assert check("--strict", "--allow", "cors").exit_code == 0


def test_settings_of_mounted_applications_are_told_apart(write: Write) -> None:
    inner = HONEST.replace("inner = FastAPI(openapi_url=None)", "inner = FastAPI(hardened=True)")
    write("checked_program.py", inner)
    found = report("--strict", "--allow", "body-limit")
    settings = {one["name"]: one["value"] for one in found["settings"]}
    assert settings["hardened"] == "only in /inner"
    assert settings["documentation"] == "/inner/docs, /inner/redoc, /inner/openapi.json"
    messages = [one["message"] for one in found["unsafe"]]
    assert messages == [f"The documentation is open at {settings['documentation']}"]


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_the_environment_decides_what_is_listed(
    write: Write, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    write("checked_program.py", "from pronghorn import FastAPI\napp = FastAPI()\n")
    quiet = check()
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    assert "\nUnsafe in production, and listed with --strict: open-docs, hosts\n" in quiet.stdout
    monkeypatch.setenv("FASTAPI_ENV", environment)
    found = report()
    assert codes(found["unsafe"]) == ["open-docs", "hosts"]
    assert not found["failed"]  # Only --strict fails.


def test_layers_around_the_application_count(write: Write) -> None:
    wrapped = (
        HONEST
        + 'wrapped = CORSMiddleware(app, allow_origins=["*"], allow_credentials=True)\n'
        + 'weak = SessionMiddleware(app, secret_key="secret", same_site="none")\n'
    )
    write("checked_program.py", wrapped)
    assert codes(report("--app", "wrapped")["unsafe"]) == ["cors"]
    found = report("--app", "weak", "--strict")
    assert codes(found["unsafe"]) == ["session-secret", "same-site", "https-only"]
    trusted = 'trusted = TrustedHostMiddleware(app, allowed_hosts=["shop.example"])\n'
    write("checked_program.py", HONEST.replace(HOSTS, 'allowed_hosts=["*"]') + trusted)
    assert codes(report("--strict")["unsafe"]) == ["hosts"]
    assert report("--app", "trusted", "--strict")["unsafe"] == []


def test_limits_of_routes_and_routers_and_middleware_are_limits(write: Write) -> None:
    program = """
        from pronghorn import APIRouter, FastAPI
        from starlette.middleware import Middleware
        from starlette.middleware.body_limit import RequestBodyLimitMiddleware

        app = FastAPI()
        router = APIRouter(prefix="/a", max_body_size=10)
        nested = APIRouter()

        @nested.post("/b")
        async def b(item: dict[str, int]): ...

        @app.put("/c", max_body_size=10)
        async def c(item: dict[str, int]): ...

        @app.get("/d")
        async def d(): ...

        router.include_router(nested)
        app.include_router(router)
        """
    write("checked_program.py", program)
    assert "body-limit" not in codes(report("--strict")["unsafe"])
    middleware = "app = FastAPI(middleware=[Middleware(RequestBodyLimitMiddleware, 10)])"
    plain = program.replace(", max_body_size=10", "")
    write("checked_program.py", plain.replace("app = FastAPI()", middleware))
    assert "body-limit" not in codes(report("--strict")["unsafe"])
    write("checked_program.py", plain.replace("app = FastAPI()", "app = FastAPI(hardened=True)"))
    assert "body-limit" not in codes(report("--strict")["unsafe"])
    write("checked_program.py", plain)
    assert codes(report("--strict")["unsafe"]) == ["open-docs", "body-limit", "hosts"]


@pytest.mark.parametrize(
    ("options", "body", "upload"),
    [
        (
            "",
            "1,048,576 bytes by run, else unlimited in 1 route",
            "33,554,432 bytes by run, else unlimited in 1 route",
        ),
        ("hardened=True", "1,048,576 bytes", "33,554,432 bytes"),
        ("max_body_size=5000", "5,000 bytes", "5,000 bytes"),
        ("hardened=True, max_json_size=50", "50 bytes", "33,554,432 bytes"),
    ],
)
def test_the_sizes_that_are_in_effect(write: Write, options: str, body: str, upload: str) -> None:
    program = f"""
        from pronghorn import FastAPI

        app = FastAPI({options})

        @app.post("/")
        async def create(item: dict[str, int]): ...
        """
    write("checked_program.py", program)
    rows = {row["name"]: row["value"] for row in report()["settings"]}
    assert (rows["request body"], rows["upload"]) == (body, upload)
    assert (rows["request line"], rows["header fields"]) == ("8,192 bytes", "32,768 bytes")


def test_the_proxies_that_are_trusted(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("checked_program.py", HONEST)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.0/8")
    assert report("--strict")["unsafe"] == []
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert codes(report("--strict")["unsafe"]) == ["proxies"]
    monkeypatch.delenv("FORWARDED_ALLOW_IPS")
    added = "app.add_middleware(ProxyHeadersMiddleware, trusted_hosts='*')\n"
    imported = "from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware\n"
    write("checked_program.py", HONEST + imported + added)
    assert codes(report("--strict")["unsafe"]) == ["proxies"]


def test_weak_secrets_of_settings(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = """
        from pydantic import SecretStr
        from pronghorn.settings import BaseSettings, Secret, SettingsConfigDict

        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="CHECKED_")
            key: Secret
            other: Secret
            password: SecretStr = SecretStr("built-in-password")

        settings = Settings.load()
        """
    write("checked_program.py", HONEST + "from checked_settings import settings\n")
    write("checked_settings.py", settings)
    monkeypatch.setenv("CHECKED_KEY", "changeme")
    found = report("--strict")["unsafe"]
    assert [(one["message"], one["where"]) for one in found] == [
        ("Settings.key is a placeholder", "checked_settings.py:6"),
        (
            "Settings.password is the default of the program, which is no secret",
            "checked_settings.py:8",
        ),
    ]
    assert report()["unsafe"] == []  # In development they are harmless.
    assert "changeme" not in check("--strict").output


def test_secrets_in_the_query_of_dependencies_and_models(write: Write) -> None:
    program = """
        from typing import Annotated

        from pydantic import BaseModel, Field

        from pronghorn import Depends, FastAPI, Form, Query

        class Search(BaseModel):
            text: str = ""
            hidden: str = Field("", alias="client_secret")

        def read_user(password: Annotated[str, Query()]) -> str:
            return password

        def depend(user: Annotated[str, Depends(read_user)]) -> None: ...

        app = FastAPI(openapi_url=None)

        @app.get("/a", dependencies=[Depends(depend)])
        async def a() -> None: ...

        @app.get("/b")
        async def b(search: Annotated[Search, Query()], token: str = "", page: int = 1) -> None: ...

        @app.post("/c")
        async def c(password: Annotated[str, Form()]) -> None: ...
        """
    write("checked_program.py", program)
    found = [one["message"] for one in report()["unsafe"]]
    assert found == [
        "GET /a reads password from the query",
        "GET /b reads client_secret from the query",
    ]


def test_the_limits_in_effect_are_printed(write: Write) -> None:
    limits = 'form_limits={"max_files": 7}, '
    write("checked_program.py", HONEST.replace("openapi_url=None, max", limits + "max"))
    rows = {one["name"]: one["value"] for one in report()["settings"]}
    assert rows["request body"] == "1,048,576 bytes"
    assert (rows["form fields"], rows["form files"]) == ("1,000", "7")
    assert rows["hosts"] == "shop.example, *.shop.example"
    assert rows["documentation"] == "/docs, /redoc, /openapi.json"
    assert rows["debug"] == "off"
    assert "request body           1,048,576 bytes" in check().stdout


def test_a_wrong_name_for_allow_is_a_mistake_in_the_command_line(write: Write) -> None:
    write("checked_program.py", HONEST)
    result = check("--allow", "open-dcos")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: Unknown name for --allow: open-dcos\n  Did you mean")
    assert ", ".join(CODES) in result.stderr


@pytest.mark.parametrize(
    ("program", "meant"),
    [
        ("chat.py", ["open-docs", "hosts"]),
        ("crud.py", ["open-docs", "body-limit", "hosts"]),
        ("tokens.py", ["open-docs", "body-limit", "hosts"]),
        ("shop/main.py", ["open-docs", "body-limit", "hosts", "jobs-sqlite"]),
    ],
)
def test_the_examples_have_no_others_than_a_proxy_sets(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, program: str, meant: list[str]
) -> None:
    """They show other things, and are no service that is reachable without a proxy."""
    monkeypatch.setenv("SHOP_SECRET_KEY", KEY)
    # In a process of its own: the shop has metrics, which observe the requests of other tests.
    command = [sys.executable, "-m", "pronghorn", "check", str(EXAMPLES / program), "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(result.stdout)
    assert found["unsafe"] == []
    assert codes(found["unsafe_in_production"]) == meant


COOKIES = """
from pronghorn import Cookie, Depends, FastAPI, WebSocket

app = FastAPI({options})

def user(session: str = Cookie()): ...

@app.websocket("/live")
async def live(websocket: WebSocket, user: str = Depends(user)): ...

@app.websocket("/public")
async def public(websocket: WebSocket): ...
"""


@pytest.mark.parametrize(
    ("options", "is_found"),
    [
        ("", True),
        ("websocket_origins=['*']", True),
        ("websocket_origins=['same-origin']", False),
        ("hardened=True", False),
    ],
)
def test_a_websocket_that_reads_cookies_checks_origins(
    write: Write, options: str, is_found: bool
) -> None:
    write("checked_program.py", COOKIES.format(options=options))
    assert ("websocket-origins" in codes(report()["unsafe"])) == is_found
    shown = {"hardened=True": "same-origin", "": "any"}.get(options, options[20:-2])
    assert ["WebSocket origins", shown] in [
        [one["name"], one["value"]] for one in report()["settings"]
    ]


def test_a_websocket_without_cookies_is_for_everybody(write: Write) -> None:
    write("checked_program.py", COOKIES.format(options="").replace(" = Cookie()", ""))
    assert "websocket-origins" not in codes(report("--strict")["unsafe"])
