"""Generate requests from an OpenAPI document: valid, incomplete and invalid ones."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from pronghorn.cli.diff_requests import SAFE_METHODS, Request

__all__ = ["generate", "operations_of"]

_METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
_WRONG_TEXTS = (
    "",
    " ",
    "null",
    "1.5",
    "-1",
    "x",
    "é",
    "9" * 25,
    "NaN",
    "true",
    "2020-13-45",
    "a,b",
)
_WRONG_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    10**25,
    "",
    "x",
    "1",
    [],
    [None],
    {},
    {"x": 1},
    float("nan"),
)
_FORMATS = {
    "date": "2020-02-29",
    "date-time": "2020-02-29T12:30:00Z",
    "time": "12:30:00",
    "duration": "P1DT2H",
    "uuid": "12345678-1234-5678-1234-567812345678",
    "email": "ann@example.com",
    "uri": "https://example.com/x",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "binary": "content",
}
_MAXIMUM_DEPTH = 5


Operation = tuple[str, str, Mapping[str, Any]]
"""An operation of a document: its method, its path, and its description with all parameters."""


def generate(document: Mapping[str, Any], count: int, seed: int, *, unsafe: bool) -> list[Request]:
    """Return requests for the operations of a document, in turn.

    The first request of each operation has every parameter, the second only the required ones; the
    others are random and often invalid.

    Args:
        document: An OpenAPI 3.1 document.
        count: Number of requests.
        seed: The same number produces the same requests.
        unsafe: Include methods that change something.
    """
    chosen = [one for one in _operations(document) if unsafe or one[0] in SAFE_METHODS]
    if not chosen:
        return []
    maker = _Maker(document, random.Random(seed))  # noqa: S311 - nothing here is secret
    return [
        maker.request(*chosen[number % len(chosen)], attempt=number // len(chosen))
        for number in range(count)
    ]


def operations_of(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return method and path of the operations that `generate` knows, in the order of requests."""
    return [(method, path) for method, path, _ in _operations(document)]


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                shared = item.get("parameters", [])
                operation = item[method]
                own = operation.get("parameters", [])
                yield method.upper(), path, {**operation, "parameters": [*shared, *own]}


class _Maker:
    """Generates values for the schemas of one document."""

    def __init__(self, document: Mapping[str, Any], chance: random.Random) -> None:
        self._document = document
        self._chance = chance
        self._complete = True
        self._wrong = 0.0

    def request(
        self, method: str, path: str, operation: Mapping[str, Any], *, attempt: int
    ) -> Request:
        """Return one request for an operation; `attempt` counts from 0."""
        self._complete = attempt == 0 or (attempt > 1 and self._chance.random() < 0.5)
        self._wrong = 0.0 if attempt < 2 else self._chance.choice((0.0, 0.1, 0.3))
        sent: dict[str, list[tuple[str, str]]] = {
            "path": [],
            "query": [],
            "header": [],
            "cookie": [],
        }
        for parameter in map(self._resolve, operation["parameters"]):
            required = parameter.get("required", False)
            if self._is_sent(required) or parameter["in"] == "path":
                texts = self._texts(parameter.get("schema", {}))
                sent[parameter["in"]] += [(parameter["name"], text) for text in texts]
        headers = [(name.lower(), _header_text(value)) for name, value in sent["header"]]
        if sent["cookie"]:
            cookies = "; ".join(f"{name}={_header_text(value)}" for name, value in sent["cookie"])
            headers.append(("cookie", cookies))
        body, content_type = self._body(self._resolve(operation.get("requestBody", {})))
        if content_type:
            headers.append(("content-type", content_type))
        target = _fill_in(path, dict(sent["path"]))
        if sent["query"]:
            target += "?" + urlencode(sent["query"])
        return Request(method, target, headers, body)

    def _is_sent(self, required: bool) -> bool:
        if self._chance.random() < self._wrong / 2:
            return False
        return required or self._complete or self._chance.random() < self._wrong

    def _texts(self, schema: Mapping[str, Any]) -> list[str]:
        """Return the values of a parameter as text; several for an array."""
        if self._chance.random() < self._wrong:
            return [self._chance.choice(_WRONG_TEXTS)]
        value = self.value(schema)
        return [_text(item) for item in value] if isinstance(value, list) else [_text(value)]

    def _body(self, body: Mapping[str, Any]) -> tuple[str, str]:
        """Return the body and its content type; empty strings for no body."""
        content = body.get("content", {})
        if not content or not self._is_sent(body.get("required", False)):
            return "", ""
        media_type = next(iter(content))
        value = self.value(content[media_type].get("schema", {}))
        if "json" in media_type:
            return json.dumps(value), media_type
        fields = value if isinstance(value, dict) else {}
        pairs = [
            (name, _text(item))
            for name, items in fields.items()
            for item in (items if isinstance(items, list) else [items])
        ]
        if media_type == "multipart/form-data":
            return _multipart(pairs), f"{media_type}; boundary={_BOUNDARY}"
        if media_type == "application/x-www-form-urlencoded":
            return urlencode(pairs), media_type
        return _text(value).encode().decode("latin-1"), media_type

    def value(self, schema: Any, depth: int = 0) -> Any:
        """Return a value for a schema; `depth` is the number of schemas around it."""
        if self._chance.random() < self._wrong:
            return self._chance.choice(_WRONG_VALUES)
        schema = self._resolve(schema if isinstance(schema, Mapping) else {})
        if "const" in schema:
            return schema["const"]
        for key in ("enum", "examples"):
            if schema.get(key):
                return self._chance.choice(schema[key])
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                return self.value(self._branch(schema[key], depth), depth + 1)
        if schema.get("allOf"):
            return self._all_of(schema, depth)
        return self._value_of_type(schema, depth)

    def _branch(self, branches: Sequence[Any], depth: int) -> Any:
        """Return one of several schemas; deep inside, the simplest."""
        if depth < _MAXIMUM_DEPTH:
            return self._chance.choice(branches)
        return min(branches, key=lambda branch: len(json.dumps(self._resolve(branch))))

    def _all_of(self, schema: Mapping[str, Any], depth: int) -> Any:
        parts = [self.value(part, depth + 1) for part in schema["allOf"]]
        if "properties" in schema:
            parts.append(self._value_of_type({**schema, "type": "object"}, depth))
        objects = [part for part in parts if isinstance(part, dict)]
        if not objects:
            return parts[0]
        return {name: value for part in objects for name, value in part.items()}

    def _value_of_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self._chance.choice(kind)
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind in ("integer", "number"):
            return self._number(schema, kind)
        if kind == "boolean":
            return self._chance.random() < 0.5
        if kind == "string":
            return self._string(schema)
        return None if kind == "null" else self._chance.choice(("x", 1, None))

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        value = {
            name: self.value(part, depth + 1)
            for name, part in schema.get("properties", {}).items()
            if name in required or (depth < _MAXIMUM_DEPTH and self._is_sent(False))
        }
        others = schema.get("additionalProperties")
        if isinstance(others, Mapping) and self._complete and depth < _MAXIMUM_DEPTH:
            value["extra"] = self.value(others, depth + 1)
        return value

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        most = schema.get("maxItems", max(least, 2))
        count = least if depth >= _MAXIMUM_DEPTH else self._chance.randint(least, max(least, most))
        first = [self.value(part, depth + 1) for part in schema.get("prefixItems", ())]
        rest = [self.value(schema.get("items", {}), depth + 1) for _ in range(len(first), count)]
        return first + rest

    def _number(self, schema: Mapping[str, Any], kind: str) -> float:
        least = schema.get("minimum", schema.get("exclusiveMinimum", -10))
        most = schema.get("maximum", schema.get("exclusiveMaximum", max(least, 0) + 100))
        least += "exclusiveMinimum" in schema and kind == "integer"
        most -= "exclusiveMaximum" in schema and kind == "integer"
        step = schema.get("multipleOf")
        if kind == "integer":
            number: float = self._chance.randint(int(least), max(int(least), int(most)))
        else:
            number = round(self._chance.uniform(least, most), 2)
        return number - number % step if step else number

    def _string(self, schema: Mapping[str, Any]) -> str:
        found = _FORMATS.get(schema.get("format", ""))
        if found is None:
            least = schema.get("minLength", 1)
            most = max(least, min(schema.get("maxLength", least + 8), least + 8))
            length = self._chance.randint(least, most)
            found = "".join(self._chance.choice("abcxyz") for _ in range(length))
        return found

    def _resolve(self, schema: Any) -> Any:
        """Return the target of a reference; keywords beside the reference are kept."""
        for _ in range(_MAXIMUM_DEPTH):
            if not isinstance(schema, Mapping) or "$ref" not in schema:
                break
            target: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target.get(part, {})
            schema = {**target, **{key: item for key, item in schema.items() if key != "$ref"}}
        return schema


_BOUNDARY = "pronghorn-diff"


def _multipart(pairs: Sequence[tuple[str, str]]) -> str:
    """Return a multipart form (RFC 7578); values of the format "binary" are files."""
    lines = []
    for name, value in pairs:
        file = f'; filename="{quote(name)}.txt"' if value == _FORMATS["binary"] else ""
        disposition = f'form-data; name="{quote(name)}"{file}'
        lines += [f"--{_BOUNDARY}", f"Content-Disposition: {disposition}", "", value]
    return "\r\n".join([*lines, f"--{_BOUNDARY}--", ""]).encode().decode("latin-1")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _header_text(value: str) -> str:
    """Return a value that a header can carry (RFC 9110, section 5.5)."""
    return value.encode("utf-8", "replace").decode("latin-1").replace("\n", " ").strip()


def _fill_in(path: str, values: Mapping[str, str]) -> str:
    def value_of(match: re.Match[str]) -> str:
        return quote(values.get(match[1], "x"), safe="")

    return re.sub(r"\{([^}:]+)(?::[^}]*)?\}", value_of, path)
