"""The short way of reading parameters: one expression for each value.

An expression either has exactly the value that the exact way (`run.input.parameters`) returns, or
raises an exception; then the exact way decides and reports the errors. So expressions need no
error handling. Only parameters with a simple rule have an expression.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic_core import PydanticUndefined

from pronghorn.compile.json_body import JsonBody
from pronghorn.compile.purity import is_simple
from pronghorn.compile.source import Source
from pronghorn.core.kinds import BodyKind
from pronghorn.fields.field import Field
from pronghorn.plan.model import BodyPlan

IMMUTABLE = (type(None), bool, int, float, str, bytes)


class Reads:
    """Writes the expressions of one handler and remembers the sources that they use."""

    def __init__(
        self,
        source: Source,
        path: str,
        body: BodyPlan | None,
        fields: Sequence[Field],
        json_body: JsonBody | None = None,
    ) -> None:
        self._source = source
        self._json_body = json_body
        # The value of a path convertor may not be text.
        converts = ":" in path
        self._text_locations = {"query", "header", "cookie"} | (set() if converts else {"path"})
        self._body = body
        self._query_lists = any(field.location == "query" and field.is_sequence for field in fields)
        self.sources: dict[str, str] = {}

    def of_field(self, field: Field) -> str | None:
        """Return the expression for one value; None if only the exact way can read it."""
        if not is_simple(field):
            return None
        writers = {"path": self._path, "query": self._query, "header": self._header}
        writers |= {"cookie": self._cookie, "body": self._body_value}
        return writers[field.location or "body"](field)

    def _path(self, field: Field) -> str | None:
        return None if field.is_sequence else self._check(field, f"path[{field.alias!r}]")

    def _cookie(self, field: Field) -> str | None:
        if field.is_sequence:
            return None
        self.sources["cookies"] = "cookies = exchange.cookies()"
        return self._mapping(field, "cookies")

    def _query(self, field: Field) -> str | None:
        if not self._query_lists:
            self.sources["query"] = "query = query_dict(exchange.query_string)"
            return self._mapping(field, "query")
        self.sources["query"] = "query = query_lists(exchange.query_string)"
        return self._mapping(field, "query", "" if field.is_sequence else "[-1]")

    def _header(self, field: Field) -> str | None:
        if not field.alias.isascii():
            return None
        key = field.alias.lower().encode("latin-1")
        if field.is_sequence:
            values = self._check(field, "values")
            found = f"(values := exchange.header_values({key!r}))"
            return f"{values} if {found} else {self._default(field)}"
        self.sources["headers"] = "headers = exchange.first_headers()"
        value = self._check(field, f"str(headers[{key!r}], 'latin-1')")
        return self._or_default(field, value, f"{key!r} in headers")

    def _mapping(self, field: Field, mapping: str, suffix: str = "") -> str:
        value = self._check(field, f"{mapping}[{field.alias!r}]{suffix}")
        return self._or_default(field, value, f"{field.alias!r} in {mapping}")

    def _body_value(self, field: Field) -> str | None:
        body = self._body
        if body is None:
            return None
        if body.kind is BodyKind.FORM:
            return self._form_value(field)
        if field.is_form:
            return None
        if body.embed:
            self.sources["body"] = "if type(body) is not dict: absent()"
            return self._mapping(field, "body")
        undefined = self._source.bind("Undefined", PydanticUndefined)
        value = self._check(field, "body")
        if self._json_body is not None:
            value = self._json_body.value(self._source, field, value)
        return f"{value} if body is not {undefined} else {self._default(field)}"

    def _form_value(self, field: Field) -> str | None:
        """Return the expression for a form value; an empty text counts as absent."""
        if not field.is_form or field.is_file or field.is_sequence or field.branches:
            return None
        self.sources["form"] = "form = plain_fields(body)"
        value = self._check(field, f"form[{field.alias!r}]")
        return f"{value} if form.get({field.alias!r}) else {self._default(field)}"

    def _check(self, field: Field, value: str) -> str:
        if field.is_plain_text and (field.is_form or field.location in self._text_locations):
            return value
        _ = field.adapter  # Build it now: a forward reference may have delayed that.
        check = self._source.bind(f"check_{field.name}", field.check)
        return f"{check}({value})"

    def _or_default(self, field: Field, value: str, condition: str) -> str:
        """Return `value` with a condition for the default; not needed if it is required.

        A missing key raises `KeyError` by itself.
        """
        return value if field.required else f"{value} if {condition} else {self._default(field)}"

    def _default(self, field: Field) -> str:
        if field.required:
            return "absent()"
        default = field.info.default
        if field.info.default_factory is None and isinstance(default, IMMUTABLE):
            return self._source.bind(f"default_{field.name}", default)
        return f"{self._source.bind(f'default_of_{field.name}', field.get_default)}()"


def absent() -> Any:
    """Raise `LookupError` to leave the short way, because a required value is missing."""
    raise LookupError
