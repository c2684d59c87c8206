"""The tags of responses, with the parameters of the path as the endpoint gets them.

A path may write one value in several ways, such as `/items/7` and `/items/07` for a number. All of
them have the same tag, which `cache.invalidate(f"item:{item_id}")` names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.types import Scope

from pronghorn.fields.field import Field
from pronghorn.plan.model import RoutePlan


class Tags:
    """The tags of one route.

    Args:
        plan: The plan of the route.
        tags: The tags as they were written, with path parameters in braces.
    """

    def __init__(self, plan: RoutePlan, tags: Sequence[str]) -> None:
        self._tags = tuple(tags)
        self._has_fixed = not any("{" in tag for tag in tags)
        self._fields: dict[str, Field] = {}
        for call in plan.root.walk():  # The endpoint is first, and decides.
            for field in call.path_fields:
                if field.model is None and not field.is_plain_text:
                    self._fields.setdefault(field.alias, field)

    def fill(self, scope: Scope) -> tuple[str, ...]:
        """Return the tags of a request."""
        if self._has_fixed:
            return self._tags
        values = {name: self._read(name, value) for name, value in scope["path_params"].items()}
        return tuple(tag.format_map(values) for tag in self._tags)

    def _read(self, name: str, value: Any) -> str:
        field = self._fields.get(name)
        if field is not None and isinstance(value, str):
            typed, errors = field.validate(value)
            value = value if errors else typed  # The endpoint answers with the errors.
        return str(getattr(value, "value", value))  # That of an `Enum`.
