"""The security of an operation: which schemes it needs, with which scopes."""

from __future__ import annotations

from typing import Any

from pronghorn.encoders import jsonable_encoder
from pronghorn.openapi.scheme import security_scheme
from pronghorn.plan.model import CallPlan

Schemes = dict[str, dict[str, Any]]
Requirements = list[dict[str, list[str]]]


def operation_security(root: CallPlan) -> tuple[Schemes, Requirements]:
    """Document the security schemes among the dependencies of an endpoint.

    Returns:
        The schemes by name, and the requirements of the operation: each scheme once, with the
        scopes of all its uses, outermost first.
    """
    schemes: Schemes = {}
    scopes: dict[str, list[str]] = {}
    for node in root.walk():
        scheme = security_scheme(node.call)
        if scheme is None:
            continue
        name = scheme.scheme_name
        schemes[name] = jsonable_encoder(scheme.model, by_alias=True, exclude_none=True)
        known = scopes.setdefault(name, [])
        known.extend(scope for scope in node.scopes if scope not in known)
    return schemes, [{name: found} for name, found in scopes.items()]
