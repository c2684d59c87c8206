"""Log in to the program once on each engine, for `pronghorn diff --login`."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import urlencode

from pronghorn.cli.diff_engines import Answer, Engine
from pronghorn.cli.diff_requests import Request
from pronghorn.cli.errors import USAGE, CommandError

__all__ = ["log_in", "parse_login"]

_EXAMPLE = "--login 'POST /token username=ann password=secret'"


def parse_login(text: str) -> Request:
    """Return the request that logs in.

    Args:
        text: Method, path and body. The body is a form of `NAME=VALUE` pairs, separated and quoted
            as in a shell, or a JSON object.

    Raises:
        CommandError: The text has another form.
    """
    method, _, rest = text.strip().partition(" ")
    target, _, body = rest.strip().partition(" ")
    body = body.strip()
    if not method.isalpha() or not target.startswith("/") or not target.isascii():
        raise _refusal(text)
    if body.startswith("{"):
        try:
            json.loads(body)
        except ValueError as error:
            raise _refusal(text) from error
        return _with_body(method, target, "application/json", body)
    try:
        pairs = [word.partition("=") for word in shlex.split(body)]
    except ValueError as error:
        raise _refusal(text) from error
    if not all(separator for _, separator, _ in pairs):
        raise _refusal(text)
    form = urlencode([(name, value) for name, _, value in pairs])
    return _with_body(method, target, "application/x-www-form-urlencoded", form)


def log_in(engine: Engine, request: Request) -> list[tuple[str, str]]:
    """Send the request and return the headers that identify the user from now on.

    Returns:
        `Authorization`, from an answer with `access_token` (RFC 6749, section 5.1), and `Cookie`,
            from an answer that sets cookies.

    Raises:
        CommandError: The answer is an error, or has neither.
    """
    (answer,) = engine.ask([request])
    headers = [*_authorization(answer), *_cookies(answer)]
    if 200 <= answer.status < 400 and headers:
        return headers
    outcome = f"answered {answer.status}" if answer.status else f"raised {answer.error}"
    if 200 <= answer.status < 400:
        outcome += " without an access_token and without a cookie"
    raise CommandError(
        f"The login failed: {request.method} {request.path} on {engine.name} {outcome}",
        f"Write the request that logs in: {_EXAMPLE}",
        detail=answer.body[:500],
        exit_code=USAGE,
    )


def _refusal(text: str) -> CommandError:
    # The text has a password, which must not end in a log.
    return CommandError(
        f"--login {' '.join(text.split()[:2])!r} is not a request",
        f"Write a method, a path, and a form or a JSON object: {_EXAMPLE}",
        exit_code=USAGE,
    )


def _with_body(method: str, target: str, media_type: str, body: str) -> Request:
    headers = [("content-type", media_type)] if body else []
    return Request(method.upper(), target, headers, body.encode().decode("latin-1"))


def _authorization(answer: Answer) -> list[tuple[str, str]]:
    try:
        content: Any = json.loads(answer.body.encode("latin-1"))
    except ValueError:
        return []
    token = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(token, str):
        return []
    kind = str(content.get("token_type") or "bearer")
    return [("authorization", f"{'Bearer' if kind.lower() == 'bearer' else kind} {token}")]


def _cookies(answer: Answer) -> list[tuple[str, str]]:
    pairs = [
        value.partition(";")[0].strip()
        for name, value in answer.headers
        if name.lower() == "set-cookie"
    ]
    return [("cookie", "; ".join(pairs))] if pairs else []
