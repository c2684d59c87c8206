"""How the handler of one route reads its JSON body, and why not in a shorter way.

- from the text: one call of Pydantic's core reads and validates, where the plan found that this
  gives the same values (`plan.json_mode`);
- in Python mode: parsed first, then validated, as FastAPI does.

What the first way refuses is read again in the second, which alone reports errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pydantic
from pydantic_core import SchemaValidator

from pronghorn.compile.purity import is_pure, is_simple
from pronghorn.compile.source import Source
from pronghorn.core.kinds import BodyKind
from pronghorn.fields.field import Field
from pronghorn.plan.dependencies import Step
from pronghorn.plan.json_mode import JsonMode, is_compared, json_mode_of
from pronghorn.plan.model import BodyPlan
from pronghorn.run.input.body import (
    Held,
    WholeBody,
    parse_body,
    read_json,
    read_json_text,
    unwrap_body,
)


@dataclass(frozen=True)
class JsonBody:
    """What was decided about the JSON body of one route.

    Attributes:
        field: The one value that the whole body is, if it is one that needs no code of the
            program.
        mode: What is known about its type.
        reason: Why the body is parsed in Python mode, in words; None if it is not.
    """

    field: Field | None
    mode: JsonMode
    reason: str | None

    @property
    def from_text(self) -> bool:
        """Whether the value is made of the text of the body."""
        return self.reason is None

    def reading(self, source: Source, strict: bool) -> str:
        """The expression that reads the body; what it gives is called `body` in the handler."""
        read = read_json_text if self.from_text else read_json
        whole = ", True" if self.field is not None and not self.from_text else ""
        return f"await {source.bind(read.__name__, read)}(exchange, {strict}{whole})"

    def value(self, source: Source, field: Field, check: str) -> str:
        """The expression for the value of `body`; `WholeBody` makes that of a long one.

        - `check`: the expression for a value that was parsed.
        """
        if self.field is not field:
            return check
        validate_json = field.adapter.validator.validate_json if self.from_text else None
        whole_body = WholeBody(
            check=field.check,
            validate_json=None if self.mode.holds_anything else validate_json,
            huge_floats=self.mode.huge_floats,
        )
        whole = f"{source.bind(f'whole_{field.name}', whole_body.value)}(body)"
        if self.from_text:
            validate = source.bind(f"validate_{field.name}", validate_json)
            return f"({validate}(body) if type(body) is bytes else {whole})"
        return f"({whole} if type(body) is {source.bind('Held', Held)} else {check})"

    def for_exact_way(self, body: Any) -> Any:
        """What the exact way takes for `body`."""
        return parse_body(body) if self.from_text else unwrap_body(body)


def json_body_of(body: BodyPlan | None, steps: Sequence[Step]) -> JsonBody | None:
    """Decide for one route; None where no JSON is read."""
    if body is None or body.kind is not BodyKind.JSON:
        return None
    fields = [field for step in steps for field in step.call.body_fields]
    if body.embed:
        return _in_python_mode("an object whose members are read one by one")
    if len(fields) != 1:
        return _in_python_mode("several functions read it")
    field = fields[0]
    mode = json_mode_of(field.adapter.core_schema)
    if not is_pure(field):
        return _in_python_mode(mode.reason or "code that makes a default")
    if not is_simple(field):
        return _in_python_mode("several names, or a default that is validated")
    if type(field.adapter.validator) is not SchemaValidator:
        return JsonBody(field, mode, "a plugin of Pydantic watches the validation")
    if not is_compared(pydantic.VERSION):
        return JsonBody(field, mode, f"Pydantic {pydantic.VERSION} was not compared")
    return JsonBody(field, mode, mode.reason)


def _in_python_mode(reason: str) -> JsonBody:
    return JsonBody(None, JsonMode(reason), reason)
