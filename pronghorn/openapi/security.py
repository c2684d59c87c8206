"""The security of an operation: the schemes and scopes that it requires."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pronghorn.encoders import jsonable_encoder
from pronghorn.openapi.scheme import SecurityBase, security_scheme
from pronghorn.plan.model import CallPlan

Schemes = dict[str, dict[str, Any]]
Requirements = list[dict[str, list[str]]]


def operation_security(root: CallPlan) -> tuple[Schemes, Requirements]:
    """Document the security schemes among the dependencies of an endpoint.

    Returns:
        The schemes by name, and the requirements of the operation: each scheme once, with the
        scopes of all its uses, outermost first.
    """
    found = ((security_scheme(node.call), node.scopes) for node in root.walk())
    return document_security((scheme, scopes) for scheme, scopes in found if scheme is not None)


def document_security(
    uses: Iterable[tuple[SecurityBase, Sequence[str]]],
) -> tuple[Schemes, Requirements]:
    """Document uses of security schemes, each with the scopes that it requires.

    Returns:
        The schemes by name, and each scheme once with the scopes of all its uses.
    """
    schemes: Schemes = {}
    scopes: dict[str, list[str]] = {}
    for scheme, wanted in uses:
        name = scheme.scheme_name
        schemes[name] = jsonable_encoder(scheme.model, by_alias=True, exclude_none=True)
        known = scopes.setdefault(name, [])
        known.extend(scope for scope in wanted if scope not in known)
    return schemes, [{name: found} for name, found in scopes.items()]
