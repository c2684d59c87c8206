"""Which parts of a model are written, under which names: the options of a response's model."""

from __future__ import annotations

from typing import Any

from pronghorn.core.records import Record


class Serialization(Record):
    """The options of `response_model_include` and its five relatives, by Pydantic's names.

    See `RouteOptions` for what each says.
    """

    include: Any = None
    exclude: Any = None
    by_alias: bool = True
    exclude_unset: bool = False
    exclude_defaults: bool = False
    exclude_none: bool = False

    def arguments(self) -> dict[str, Any]:
        """All options, as keyword arguments of `Field.serialize` and `jsonable_encoder`."""
        return {
            "include": self.include,
            "exclude": self.exclude,
            "by_alias": self.by_alias,
            "exclude_unset": self.exclude_unset,
            "exclude_defaults": self.exclude_defaults,
            "exclude_none": self.exclude_none,
        }

    def non_default_arguments(self) -> dict[str, Any]:
        """Those that say something else than their default."""
        chosen = {
            name: value
            for name, value in self.arguments().items()
            if name != "by_alias" and value is not None and value is not False
        }
        return chosen if self.by_alias else {**chosen, "by_alias": False}
