"""The serialisation options of a response model: the fields to send, and under which names."""

from __future__ import annotations

from typing import Any

from pronghorn.core.records import Record


class Serialization(Record):
    """The `response_model_...` options of a route, under Pydantic's names; see `RouteOptions`."""

    include: Any = None
    exclude: Any = None
    by_alias: bool = True
    exclude_unset: bool = False
    exclude_defaults: bool = False
    exclude_none: bool = False

    def arguments(self) -> dict[str, Any]:
        """Return all options, as keyword arguments of `Field.serialize` and `jsonable_encoder`."""
        return {
            "include": self.include,
            "exclude": self.exclude,
            "by_alias": self.by_alias,
            "exclude_unset": self.exclude_unset,
            "exclude_defaults": self.exclude_defaults,
            "exclude_none": self.exclude_none,
        }

    def non_default_arguments(self) -> dict[str, Any]:
        """Return the options that differ from their defaults, as keyword arguments."""
        chosen = {
            name: value
            for name, value in self.arguments().items()
            if name != "by_alias" and value is not None and value is not False
        }
        return chosen if self.by_alias else {**chosen, "by_alias": False}
