"""Find settings of a program that are unsafe.

A new kind is one more function in `FINDERS`, and its name in `CODES`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pronghorn.cli.audited import Layer, Program, list_settings, names_in_query, plan_of
from pronghorn.cli.limits import checks_origin, docs_of, find_unlimited
from pronghorn.core.weak_secrets import KEY_LENGTH, describe_weak_text
from pronghorn.devtools.inventory import place
from pronghorn.security import APIKeyCookie

__all__ = ["CODES", "Unsafe", "find_unsafe"]


class Unsafe(NamedTuple):
    """One unsafe setting.

    Attributes:
        code: Its name for `--allow`.
        message: What is set.
        why: What others can do because of it.
        write: What to write instead.
        where: File and line; empty if unknown.
        in_production: True if it is harmless while the program is developed.
    """

    code: str
    message: str
    why: str
    write: str
    where: str = ""
    in_production: bool = False


def find_unsafe(program: Program) -> list[Unsafe]:
    """Return the unsafe settings of a program, also those that are so only in production."""
    return [found for find in FINDERS for found in find(program)]


def _find_debug(program: Program) -> Iterator[Unsafe]:
    for app in program.apps:
        if getattr(app, "debug", False):
            yield Unsafe(
                "debug",
                "debug=True",
                "Responses to errors show tracebacks with lines of the program to everybody.",
                "Leave it out; `pronghorn dev` shows tracebacks to this machine.",
                program.sources.place_of_app(app),
            )


def _find_cors(program: Program) -> Iterator[Unsafe]:
    for layer in program.layers_of("starlette.middleware.cors", "CORSMiddleware"):
        allowed = layer.arguments.get("allow_credentials") and _find_open_origin(layer)
        if allowed:
            yield Unsafe(
                "cors",
                f"CORSMiddleware allows any origin ({allowed}) with credentials",
                "Every web page that a signed-in user visits can call the API as that user, and "
                "read the answers.",
                'List the origins: allow_origins=["https://shop.example"].',
                program.sources.place_of_layer(layer.kind),
            )


def _find_open_origin(layer: Layer) -> str:
    origins = layer.arguments.get("allow_origins") or ()
    named = next((origin for origin in ("*", "null") if origin in origins), "")
    if named:
        return f"allow_origins={[named]!r}"
    regex = layer.arguments.get("allow_origin_regex")
    strangers = ("https://stranger.invalid", "http://198.51.100.7:81")
    if regex is None or not all(re.compile(regex).fullmatch(one) for one in strangers):
        return ""
    return f"allow_origin_regex={getattr(regex, 'pattern', regex)!r}"


def _find_session_secret(program: Program) -> Iterator[Unsafe]:
    for layer in _sessions(program):
        secret = layer.arguments.get("secret_key")
        text = "" if secret is None else str(secret)
        weakness = secret is not None and describe_weak_text(text, KEY_LENGTH)
        if weakness:
            yield Unsafe(
                "session-secret",
                f"secret_key of {layer.kind.__name__} {weakness}",
                "Who guesses it signs a session of any user.",
                "Read it from the environment: secret_key=settings.secret_key.get_secret_value(), "
                "where the field is a pronghorn.settings.Secret.",
                program.sources.place_of_layer(layer.kind),
            )


def _find_session_cookie(program: Program) -> Iterator[Unsafe]:
    for layer in _sessions(program):
        where = program.sources.place_of_layer(layer.kind)
        if str(layer.arguments.get("same_site", "lax")).lower() == "none":
            yield Unsafe(
                "same-site",
                f'{layer.kind.__name__} has same_site="none"',
                "Browsers send the cookie with requests that other sites start, so these act as "
                "the user who is signed in.",
                'Write same_site="lax", or check the header Origin of every request that changes '
                "something.",
                where,
            )
        if not layer.arguments.get("https_only", False):
            yield Unsafe(
                "https-only",
                f"{layer.kind.__name__} has https_only=False",
                "The cookie is also sent over plain HTTP, where others on the network read it.",
                "Write https_only=True; during development, read it from the settings.",
                where,
                in_production=True,
            )


def _sessions(program: Program) -> Iterator[Layer]:
    yield from program.layers_of("starlette.middleware.sessions", "SessionMiddleware")


def _find_weak_settings(program: Program) -> Iterator[Unsafe]:
    for settings in list_settings():
        from pronghorn.settings.secret import find_weaknesses

        kind = type(settings)
        for name, field in kind.model_fields.items():
            for location, weakness in find_weaknesses(field, getattr(settings, name), (name,)):
                yield Unsafe(
                    "secret",
                    f"{kind.__name__}.{'.'.join(map(str, location))} {weakness}",
                    "In production the program does not start with it.",
                    "Set the variable to a secret: python -c 'import secrets; "
                    "print(secrets.token_urlsafe(48))'",
                    program.sources.place_of_field(kind, name),
                    in_production=True,
                )


def _find_client_secret(program: Program) -> Iterator[Unsafe]:
    for app in program.apps:
        options = getattr(app, "swagger_ui_init_oauth", None) or {}
        if options.get("clientSecret") and docs_of(app):
            yield Unsafe(
                "client-secret",
                "swagger_ui_init_oauth has a clientSecret",
                "It is part of the page at docs_url, which everybody can read.",
                'Leave it out, and use "usePkceWithAuthorizationCodeGrant": True.',
                program.sources.place_of_app(app),
            )


def _find_docs(program: Program) -> Iterator[Unsafe]:
    for app in program.apps:
        paths = docs_of(app, program.prefix_of(app))
        if paths:
            yield Unsafe(
                "open-docs",
                f"The documentation is open at {', '.join(paths)}",
                "It lists every route with its parameters, also those that are not for everybody.",
                "Write FastAPI(openapi_url=None) in production; --allow open-docs if the API is "
                "public.",
                program.sources.place_of_app(app),
                in_production=True,
            )


def _find_unlimited_bodies(program: Program) -> Iterator[Unsafe]:
    unlimited = find_unlimited(program)
    if unlimited:
        first = unlimited[0]
        more = f" and {len(unlimited) - 1} more" if len(unlimited) > 1 else ""
        yield Unsafe(
            "body-limit",
            f"Bodies of any size are read by {first.labels[0]}{more}, unless pronghorn run serves",
            "A body is kept in memory, so a few large ones use up that of the machine.",
            "Write FastAPI(hardened=True) for the limits of pronghorn run, or "
            "FastAPI(max_body_size=1_048_576) and a larger limit at the routes that take files.",
            place(first.row),
            in_production=True,
        )


def _find_any_host(program: Program) -> Iterator[Unsafe]:
    layers = list(program.layers_of("starlette.middleware.trustedhost", "TrustedHostMiddleware"))
    if any("*" not in (layer.arguments.get("allowed_hosts") or ["*"]) for layer in layers):
        return
    yield Unsafe(
        "hosts",
        "Requests for any host are answered",
        "Links that the program makes, such as those of request.url_for, name the host that a "
        "client has sent.",
        'Write app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example"]); --allow '
        "hosts if the proxy checks them.",
        (
            program.sources.place_of_layer(layers[0].kind)
            if layers
            else program.sources.place_of_app(program.app)
        ),
        in_production=True,
    )


def _find_any_proxy(program: Program) -> Iterator[Unsafe]:
    why = "Clients choose the address and the scheme that the program, its limits and its logs see."
    write = "Name the addresses of the proxies, such as FORWARDED_ALLOW_IPS=10.0.0.0/8."
    if "*" in os.environ.get("FORWARDED_ALLOW_IPS", "").split(","):
        yield Unsafe("proxies", "FORWARDED_ALLOW_IPS is *", why, write, "", in_production=True)
    for layer in program.layers_of("uvicorn.middleware.proxy_headers", "ProxyHeadersMiddleware"):
        trusted = layer.arguments.get("trusted_hosts", "")
        if "*" in trusted or getattr(trusted, "always_trust", False):
            where = program.sources.place_of_layer(layer.kind)
            message = f'{layer.kind.__name__} has trusted_hosts="*"'
            yield Unsafe("proxies", message, why, write, where, in_production=True)


def _find_any_origin(program: Program) -> Iterator[Unsafe]:
    has_session = any(_sessions(program))
    for listed in program.routes:
        if listed.row.kind != "websocket" or checks_origin(listed):
            continue
        if has_session or _reads_cookies(plan_of(listed)):
            yield Unsafe(
                "websocket-origins",
                f"{listed.labels[0]} is open to the pages of every site, with cookies",
                "The page of another site opens it as the user who is signed in, and reads what "
                "it sends.",
                'Write FastAPI(websocket_origins=["same-origin"]), or list the origins.',
                place(listed.row),
            )
            return  # One route shows it.


def _reads_cookies(plan: Any) -> bool:
    calls = () if plan is None else plan.root.walk()
    return any(call.cookie_fields or isinstance(call.call, APIKeyCookie) for call in calls)


def _find_unmarked_json(program: Program) -> Iterator[Unsafe]:
    for listed in program.routes:
        plan = plan_of(listed)
        # The plan of a WebSocket has neither.
        if not getattr(plan, "strict_content_type", True) and getattr(plan, "body", None):
            yield Unsafe(
                "content-type",
                f"strict_content_type=False for {listed.labels[0]}",
                "Another site can make the browser of a user send JSON without a content type, "
                "with the cookies of the user and without asking first.",
                "Leave it out; clients then have to send content-type: application/json.",
                place(listed.row),
                in_production=True,
            )
            return  # It is set for an application or a router, and one route shows it.


def _find_secrets_in_urls(program: Program) -> Iterator[Unsafe]:
    for listed in program.routes:
        plan = plan_of(listed)
        names = [] if plan is None else [*names_in_query(plan.root)]
        for name in sorted(_SECRETS.intersection(name.lower() for name in names)):
            yield Unsafe(
                "secret-in-url",
                f"{listed.labels[0]} reads {name} from the query",
                "Logs of servers and proxies and the history of browsers have the query.",
                "Read it from a form, a JSON body or a header.",
                place(listed.row),
            )


_SECRETS = frozenset(("password", "passwd", "passphrase", "secret", "client_secret", "private_key"))
"""Names that no client can mean otherwise; a `token` may be one that only a link can carry."""


FINDERS: tuple[Callable[[Program], Iterator[Unsafe]], ...] = (
    _find_debug,
    _find_cors,
    _find_session_secret,
    _find_session_cookie,
    _find_client_secret,
    _find_weak_settings,
    _find_docs,
    _find_unlimited_bodies,
    _find_any_host,
    _find_any_proxy,
    _find_any_origin,
    _find_unmarked_json,
    _find_secrets_in_urls,
)

CODES = (
    *("debug", "cors", "session-secret", "same-site", "https-only", "client-secret", "secret"),
    *("open-docs", "body-limit", "hosts", "proxies", "content-type", "secret-in-url"),
    *("websocket-origins", "jobs-worker", "jobs-sqlite"),
)
"""The names for `--allow`."""
