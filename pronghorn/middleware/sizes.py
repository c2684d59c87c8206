"""The sizes of requests that one application holds: its own options, else the defaults."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp

from pronghorn.adapters.server_limits import (
    JSON_BODY,
    UPLOAD,
    ServerLimits,
    read_limits,
)
from pronghorn.compile.default_sizes import DefaultSizes, Sizes
from pronghorn.compile.limits import has_own_layer
from pronghorn.core.served import is_served_by_command
from pronghorn.declare.option_inheritance import choose_limit


def choose_sizes(app: Any) -> Sizes | None:
    """Return the limits that `DefaultSizes` has to hold for an application, or None.

    An option of the application takes the place of a default. `max_body_size` alone has its own
    layer, which limits all bodies.
    """
    limits, is_hardened = read_limits(), bool(app.hardened)
    json_body: int | None = limits.json_body or (JSON_BODY if is_hardened else None)
    upload: int | None = limits.upload or (UPLOAD if is_hardened else None)
    most = limits.parameters or (ServerLimits().parameters if is_hardened else None)
    parameters = most if is_hardened or is_served_by_command() else None
    if has_own_layer(app):
        json_body = upload = None
    elif app.max_json_size is not None:
        own = {"max_body_size": app.max_body_size, "max_json_size": app.max_json_size}
        json_body = choose_limit(own, is_upload=False)
        upload = upload if app.max_body_size is None else app.max_body_size
    sizes = Sizes(json_body, upload, parameters)
    return None if sizes == (None, None, None) else sizes


def limit_foreign(app: ASGIApp) -> ASGIApp:
    """Return an application that is not one of ours with the limits of bodies around it."""
    limits = read_limits()
    sizes = Sizes(limits.json_body or None, limits.upload or None, limits.parameters or None)
    return app if sizes == (None, None, None) else DefaultSizes(app, sizes, app)
