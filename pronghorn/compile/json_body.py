"""Decide how the handler of one route reads its JSON body, and explain the decision.

- From the text: one call of Pydantic's core parses and validates. The plan has found that the
  values are the same (`plan.json_mode`).
- In Python mode: the body is parsed first, then validated, as FastAPI does.

A body that the first way refuses is read again in the second, which reports the errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pydantic
from pydantic_core import SchemaValidator

from pronghorn.compile.purity import is_simple, why_impure
from pronghorn.compile.source import Source
from pronghorn.core.kinds import BodyKind
from pronghorn.core.records import Record
from pronghorn.fields.field import Field
from pronghorn.plan.dependencies import Step
from pronghorn.plan.json_mode import JsonMode, is_compared, json_mode_of
from pronghorn.plan.model import BodyPlan
from pronghorn.run.input.body import (
    UncheckedBody,
    WholeBody,
    parse_body,
    read_json,
    read_json_text,
    unwrap_body,
)


class JsonBody(Record):
    """The decision about the JSON body of one route.

    Attributes:
        field: The field that takes the whole body as one value, if its validation runs no code of
            the program; None otherwise.
        mode: The facts about the type of the field.
        reason: Why the body is parsed in Python mode, in words; None if it is not.
    """

    field: Field | None
    mode: JsonMode
    reason: str | None

    @property
    def from_text(self) -> bool:
        """Return True if the value is made directly from the text of the body."""
        return self.reason is None

    def reading(self, source: Source, strict: bool) -> str:
        """Return the expression that reads the body; the handler assigns its value to `body`."""
        read = read_json_text if self.from_text else read_json
        whole = ", True" if self.field is not None and not self.from_text else ""
        return f"await {source.bind(read.__name__, read)}(exchange, {strict}{whole})"

    def value(self, source: Source, field: Field, check: str) -> str:
        """Return the expression for the field's value; `WholeBody` validates a long body.

        Args:
            source: The source of the handler.
            field: The field.
            check: The expression that validates a parsed body.
        """
        if self.field is not field:
            return check
        validate_json = field.adapter.validator.validate_json if self.from_text else None
        whole_body = WholeBody(
            check=field.check,
            validate_json=None if self.mode.holds_anything else validate_json,
            huge_floats=self.mode.huge_floats,
            field=field,
        )
        whole = f"{source.bind(f'whole_{field.name}', whole_body.value)}(body)"
        if self.from_text:
            validate = source.bind(f"validate_{field.name}", validate_json)
            return f"({validate}(body) if type(body) is bytes else {whole})"
        unchecked = source.bind("UncheckedBody", UncheckedBody)
        return f"({whole} if type(body) is {unchecked} else {check})"

    def for_exact_way(self, body: Any) -> Any:
        """Return `body` in the form that the exact way expects."""
        return parse_body(body) if self.from_text else unwrap_body(body)


def json_body_of(body: BodyPlan | None, steps: Sequence[Step]) -> JsonBody | None:
    """Return the decision for one route; None if it does not read JSON."""
    if body is None or body.kind is not BodyKind.JSON:
        return None
    fields = [field for step in steps for field in step.call.body_fields]
    if body.embed:
        return _in_python_mode("an object whose members are read one by one")
    if len(fields) != 1:
        return _in_python_mode("several functions read it")
    field = fields[0]
    mode = json_mode_of(field.adapter.core_schema)
    impure = why_impure(field)
    if impure is not None:
        return _in_python_mode(mode.reason or impure)
    if not is_simple(field):
        return _in_python_mode("several names, or a default that is validated")
    if type(field.adapter.validator) is not SchemaValidator:
        return JsonBody(field, mode, "a plugin of Pydantic watches the validation")
    if not is_compared(pydantic.VERSION):
        return JsonBody(field, mode, f"Pydantic {pydantic.VERSION} was not compared")
    return JsonBody(field, mode, mode.reason)


def _in_python_mode(reason: str) -> JsonBody:
    return JsonBody(None, JsonMode(reason), reason)


def expect_parsed(body: BodyPlan | None, reason: str) -> JsonBody | None:
    """Return the decision for a body that is parsed before; None if it is not JSON.

    Args:
        body: The body of the route.
        reason: Why it is.
    """
    if body is None or body.kind is not BodyKind.JSON:
        return None
    return _in_python_mode(reason)
