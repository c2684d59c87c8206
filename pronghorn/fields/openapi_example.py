"""The type of one example in the OpenAPI document, for `openapi_examples` of parameters.

`fields.parameter_options` names it for type checkers alone: loading Pydantic's types of URLs would
make every program start later.
"""

from typing import Any

from pydantic import AnyUrl, ConfigDict
from typing_extensions import TypedDict


class Example(TypedDict, total=False):
    """One example of a value, as in `openapi_examples`.

    `value` contains it; `externalValue` is the URL to load it from. Set one of the two.
    """

    summary: str | None
    description: str | None
    value: Any | None
    externalValue: AnyUrl | None

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]  # Pydantic reads it here
