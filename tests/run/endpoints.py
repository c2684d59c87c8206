"""Plan the parameters of endpoints as fields, for tests of the exact way."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers

from pronghorn.fields.field import Field
from pronghorn.plan.parameters import analyze_parameter
from pronghorn.plan.signature import typed_signature


def fields_of(endpoint: Callable[..., Any], path: str = "/") -> list[Field]:
    """The fields of an endpoint, all parameters of which come from one place."""
    names = frozenset(re.findall(r"{(\w+)}", path))
    fields = [
        analyze_parameter(
            name=parameter.name,
            annotation=parameter.annotation,
            default=parameter.default,
            path_names=names,
        )
        for parameter in typed_signature(endpoint).parameters.values()
    ]
    assert all(isinstance(field, Field) for field in fields)
    return fields  # type: ignore[return-value]  # asserted


def headers(*items: tuple[str, str]) -> Headers:
    """Headers as a server passes them on: names in lower case, repeated ones kept."""
    return Headers(raw=[(name.lower().encode(), value.encode()) for name, value in items])


def missing(*loc: str, received: Any = None) -> dict[str, Any]:
    """The error for something that was not sent."""
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": received}


def locations(errors: list[dict[str, Any]]) -> list[tuple[str, tuple[str | int, ...]]]:
    """What is wrong, and where, in the order of the errors."""
    return [(error["type"], error["loc"]) for error in errors]


class CountingList(list[Any]):
    """Counts how many of its items were looked at, over all passes."""

    visited = 0

    def __iter__(self) -> Any:
        for item in super().__iter__():
            self.visited += 1
            yield item
