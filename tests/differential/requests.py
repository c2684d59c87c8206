"""Generate requests for programs: valid, nearly valid, and hostile."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

from tests.differential.exchanges import Request
from tests.differential.functions import Parameter, chance
from tests.differential.kinds import HOSTILE_JSON, HOSTILE_TEXTS, Kind
from tests.differential.programs import RouteFacts

CONTENT_TYPES = (
    *(
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.api+json",
        "text/plain",
    ),
    *(
        "APPLICATION/JSON",
        "application/x-www-form-urlencoded",
        "",
        "json",
        "application/json,text/x",
    ),
    *("multipart/form-data", "application/octet-stream", "application/ json", "é"),
)
BOUNDARY = "frontier"


@st.composite
def text_for(draw: st.DrawFn, kind: Kind, mood: int) -> str:
    """A value for a type; `mood` is how many of a hundred are hostile."""
    if not kind.texts or draw(chance(mood)):
        return draw(st.sampled_from(HOSTILE_TEXTS))
    return draw(st.sampled_from(kind.texts))


def counts(mood: int) -> st.SearchStrategy[int]:
    """How often a value is sent: once, and now and then not at all or repeatedly."""
    return st.integers(0, 99).map(
        lambda number: (0, 2, 2, 3)[number % 4] if number > 99 - mood else 1
    )


@st.composite
def json_for(draw: st.DrawFn, kind: Kind, mood: int, depth: int = 0) -> str:
    """JSON text for a type."""
    if draw(chance(mood)):
        return draw(st.sampled_from(HOSTILE_JSON))
    if kind.fields and depth < 3:
        return draw(json_object(list(kind.fields), mood, depth))
    return draw(st.sampled_from(kind.json or ("{}", "[]", "1", "null")))


@st.composite
def json_object(draw: st.DrawFn, members: list[tuple[str, Kind]], mood: int, depth: int = 0) -> str:
    """A JSON object; a member may be absent, or there twice, or unknown."""
    parts = []
    for name, kind in members:
        count = draw(counts(mood))
        parts += [f'"{name}":{draw(json_for(kind, mood, depth + 1))}' for _ in range(count)]
    if draw(chance(mood)):
        parts.append(f'"extra":{draw(st.sampled_from(HOSTILE_JSON))}')
    if draw(chance(5)):
        parts.reverse()
    space = draw(st.sampled_from(["", "", " ", "\n\t"]))
    return "{" + f",{space}".join(parts) + "}"


@st.composite
def pairs(draw: st.DrawFn, parameters: list[Parameter], mood: int) -> list[tuple[str, str]]:
    """Names and values; a name may be repeated or absent."""
    found: list[tuple[str, str]] = []
    for item in parameters:
        members = list(item.kind.fields) or [(draw(st.sampled_from(item.names)), item.kind)]
        for name, kind in members:
            count = draw(counts(mood))
            found += [(name, draw(text_for(kind, mood))) for _ in range(count)]
    if draw(chance(mood)):
        found.append(
            (draw(st.sampled_from(["extra", "", "f0", "a"])), draw(st.sampled_from(HOSTILE_TEXTS)))
        )
    return found


def percent_encoded(items: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in items).encode()


@st.composite
def query_string(draw: st.DrawFn, parameters: list[Parameter], mood: int) -> bytes:
    """A query string, now and then damaged."""
    query = percent_encoded(draw(pairs(parameters, mood)))
    if draw(chance(mood)):
        damage = draw(
            st.sampled_from(
                [b"&&", b"&=", b"&x", b"%", b"%f", b"%ff%fe", b"+", b";a=1", b"\xff", b"=="]
            )
        )
        place = draw(st.integers(0, len(query)))
        query = query[:place] + damage + query[place:]
    return query


@st.composite
def header_list(
    draw: st.DrawFn, parameters: list[Parameter], mood: int
) -> list[tuple[bytes, bytes]]:
    """Headers in lower case, as servers hand them on."""
    found = []
    for name, value in draw(pairs(parameters, mood)):
        if name:
            raw = value.encode("utf-8", "replace").replace(b"\n", b" ").strip()
            found.append((name.lower().encode("ascii"), raw))
    return found


@st.composite
def cookie_headers(
    draw: st.DrawFn, parameters: list[Parameter], mood: int
) -> list[tuple[bytes, bytes]]:
    """One cookie header, or several."""
    texts = [f"{name}={value}" for name, value in draw(pairs(parameters, mood))]
    raw = [text.encode("utf-8", "replace").replace(b"\n", b" ") for text in texts]
    if not raw:
        return []
    if draw(chance(15)):
        return [(b"cookie", item) for item in raw]
    return [(b"cookie", draw(st.sampled_from([b"; ", b";", b" ; "])).join(raw))]


AUTHORIZATION = (
    *(b"Bearer tok", b"bearer  tok ", b"Basic dTpw", b"Basic !!!", b"Basic dQ==", b"Bearer", b""),
    *(b"Digest x", b"Basic \xff", b"Basic dTpwOng=", b"BASIC dTpw"),
)


@st.composite
def json_body(draw: st.DrawFn, parameters: list[Parameter], mood: int) -> tuple[bytes, list[str]]:
    """A JSON body and content types to choose from."""
    if len(parameters) == 1 and "embed=True" not in parameters[0].source and draw(chance(85)):
        text = draw(json_for(parameters[0].kind, mood))
    else:
        members = [(item.names[0], item.kind) for item in parameters if item.names]
        text = draw(json_object(members, mood))
    if draw(chance(mood // 4)):
        text = draw(st.sampled_from(HOSTILE_JSON))
    raw = text.encode("utf-8", "surrogatepass")
    if draw(chance(mood // 2)):
        damage = draw(st.sampled_from([b"\xff", b"\x00", b"}", b",", b'"', b"\xef\xbb\xbf", b" "]))
        place = draw(st.integers(0, len(raw)))
        raw = raw[:place] + damage + raw[place:]
    if draw(chance(mood // 8)):
        raw = text.encode(draw(st.sampled_from(["utf-16", "utf-32"])), "surrogatepass")
    return raw, ["application/json"]


@st.composite
def form_body(draw: st.DrawFn, parameters: list[Parameter], mood: int) -> tuple[bytes, list[str]]:
    """A form, urlencoded or multipart."""
    texts = draw(pairs([item for item in parameters if item.location == "form"], mood))
    files = [item for item in parameters if item.location == "file"]
    if not files and draw(chance(70)):
        return percent_encoded(texts), ["application/x-www-form-urlencoded"]
    parts = [
        _part(f'name="{_quoted(name)}"', value.encode("utf-8", "replace")) for name, value in texts
    ]
    for item in files:
        for _ in range(draw(st.sampled_from([1, 1, 1, 1, 1, 0, 2]))):
            name = draw(st.sampled_from(item.names))
            shown = draw(st.sampled_from([f'name="{name}"; filename="f.txt"', f'name="{name}"',
                                          f'name="{name}"; filename=""']))  # fmt: skip
            parts.append(
                _part(shown, draw(st.sampled_from([b"", b"content", b"\xff\x00", b"\r\n"])))
            )
    end = f"--{BOUNDARY}--\r\n".encode() if draw(chance(100 - mood // 4)) else b""
    return b"".join(parts) + end, [f"multipart/form-data; boundary={BOUNDARY}"]


def _quoted(name: str) -> str:
    return quote(name)


def _part(disposition: str, content: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


@st.composite
def path_for(draw: st.DrawFn, route: RouteFacts, mood: int) -> bytes:
    """The path of a route with its parameters filled in."""
    parts = []
    kinds = {item.names[0]: item.kind for item in route.parameters if item.location == "path"}
    for segment in route.path.split("/"):
        if not segment.startswith("{"):
            parts.append(segment)
            continue
        name, _, convertor = segment.strip("{}").partition(":")
        samples = {"int": ("1", "007"), "float": ("1.5", "2"), "path": ("a/b", "x")}
        samples["uuid"] = ("12345678-1234-5678-1234-567812345678",)
        fitting = Kind("", samples.get(convertor, kinds[name].texts))
        value = draw(text_for(fitting, mood))
        parts.append(quote(value, safe="/" if draw(chance(10)) else ""))
    path = "/".join(parts).encode()
    return (
        path + draw(st.sampled_from([b"/", b"//", b"/x", b"%2F"]))
        if draw(chance(mood // 3))
        else path
    )


@st.composite
def requests(
    draw: st.DrawFn, route: RouteFacts, moods: tuple[int, ...] = (0, 0, 0, 4, 8, 15, 40)
) -> Request:
    """A request that more or less fits a route.

    Args:
        moods: How many of a hundred values are hostile; one is chosen.
    """
    by_location: dict[str, list[Parameter]] = {}
    for item in route.parameters:
        by_location.setdefault(item.location, []).append(item)
    mood = draw(st.sampled_from(moods))
    headers = draw(header_list(by_location.get("header", []), mood))
    headers += draw(cookie_headers(by_location.get("cookie", []), mood))
    if draw(chance(50)):
        headers.append((b"authorization", draw(st.sampled_from(AUTHORIZATION))))
    body, content_types = b"", [""]
    forms = by_location.get("form", []) + by_location.get("file", [])
    if forms and draw(chance(100 - mood // 2)):
        body, content_types = draw(form_body(forms, mood))
    elif "body" in by_location and draw(chance(100 - mood // 2)):
        body, content_types = draw(json_body(by_location["body"], mood))
    elif draw(chance(10)):
        body, content_types = (
            draw(st.sampled_from(HOSTILE_JSON)).encode("utf-8", "replace"),
            ["application/json"],
        )
    content_type = draw(
        st.sampled_from(content_types if draw(chance(100 - mood // 2)) else CONTENT_TYPES)
    )
    if content_type:
        headers.append((b"content-type", content_type.encode("latin-1")))
    if body:
        headers.append((b"content-length", str(len(body)).encode()))
    chunks = (body,)
    if draw(chance(8)) and len(body) > 1:
        place = draw(st.integers(0, len(body)))
        chunks = (body[:place], body[place:])
    methods = ("POST", "OPTIONS", "PUT") if draw(chance(mood // 4)) else route.methods
    method = draw(st.sampled_from(methods))
    query = draw(query_string(by_location.get("query", []), mood))
    return Request(method, draw(path_for(route, mood)), query, tuple(headers), chunks)
