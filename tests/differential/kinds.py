"""The types that generated programs use, with values that clients send for them.

Each type is a piece of source text for a program. `texts` are values for paths, queries,
headers, cookies and forms; `json` are JSON texts.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Kind:
    """One type.

    Args:
        family: Which constraints fit: "number", "text", "list" or "".
    """

    annotation: str
    texts: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    family: str = ""
    default: str = "None"
    fields: tuple[tuple[str, Kind], ...] = ()


def kind(annotation: str, texts: str, json: str, family: str = "", default: str = "None") -> Kind:
    """A type with its samples, written with a space between them."""
    return Kind(annotation, tuple(texts.split()), tuple(json.split()), family, default)


SCALARS = (
    kind("str", "a hello x_y", '"a" "hello" ""', "text", "'dflt'"),
    kind("int", "1 0 -7 5", "1 0 -7 5", "number", "3"),
    kind("float", "1.5 2 -0.0 1e3", "1.5 2 -0.0 1e3", "number", "0.5"),
    kind("bool", "true 0 on no", 'true false 1 "yes"', "", "False"),
    kind("bytes", "abc", '"abc"', "text", "b'x'"),
    kind("decimal.Decimal", "1.10 5 1E+2", '1.10 "1.10" 5', "number", "decimal.Decimal('1.0')"),
    kind("datetime.date", "2020-01-02 0", '"2020-01-02" 0 86400'),
    kind("datetime.datetime", "2020-01-02T03:04:05Z 1577934245", '"2020-01-02T03:04:05" 1.5'),
    kind("datetime.time", "03:04:05", '"03:04:05" 300'),
    kind("datetime.timedelta", "P1DT2H 60", '"P1D" 60 1.5'),
    kind(
        "uuid.UUID",
        "12345678-1234-5678-1234-567812345678",
        '"12345678-1234-5678-1234-567812345678"',
    ),
    kind("Color", "red blue", '"red" "blue"', "", "Color.red"),
    kind("Level", "1 2", "1 2", "", "Level.low"),
    kind("typing.Literal['a', 'b']", "a b", '"a" "b"', "", "'a'"),
    kind("typing.Literal[1, 'x', True]", "1 x true", '1 "x" true'),
    kind("Any", "a 1", '1 "a" null [1] {"a":1}'),
    kind("pydantic.AnyUrl", "http://a.b/c", '"http://a.b/c"'),
    kind("pydantic.HttpUrl", "https://ex.com", '"https://ex.com/?q=1"'),
    kind("pydantic.PositiveInt", "1 9", "1 9"),
    kind("pydantic.StrictInt", "1", "1 1.0"),
    kind("pydantic.StrictStr", "a", '"a"'),
    kind("pydantic.SecretStr", "s3cret", '"s3cret"'),
    kind("pydantic.ByteSize", "1KB 5", '"1MB" 5'),
    kind("pydantic.Base64Bytes", "YWJj", '"YWJj"'),
    kind("pydantic.Json", "1 {} [1,2]", '"1" "{}"'),
    kind("pydantic.Json[list[int]]", "[1] []", '"[1]"'),
    kind("ipaddress.IPv4Address", "127.0.0.1", '"127.0.0.1" 1'),
    kind("Annotated[int, pydantic.Field(gt=2)]", "3 9", "3 9"),
    kind("Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=2)]",
         "abc ab", '"abc" "x_"'),
    kind("Annotated[int, pydantic.AfterValidator(refuse_seven)]", "1 7", "1 7"),
    kind("Annotated[str, pydantic.BeforeValidator(shout)]", "a b", '"a" 1'),
    kind("Annotated[str, pydantic.WrapValidator(either_way)]", "a bad", '"a" 1'),
    kind("Annotated[int, pydantic.PlainSerializer(str)]", "1 2", "1 2"),
)  # fmt: skip

UNIONS = (
    kind("int | str", "1 a", '1 "a"'),
    kind("str | int", "1 a", '1 "1"'),
    kind("float | int", "1 1.5", "1 1.0 1.5"),
    kind("str | datetime.date", "2020-01-02 a", '"2020-01-02" "a"'),
    kind("datetime.date | str", "2020-01-02 a", '"2020-01-02" "a"'),
    kind("uuid.UUID | str", "12345678-1234-5678-1234-567812345678 a",
         '"12345678-1234-5678-1234-567812345678" "a"'),
    kind("bytes | str", "a", '"a"'),
    kind("bool | int", "1 true 2", 'true 1 2 "1"'),
    kind("decimal.Decimal | str", "1.0 a", '1.0 "1.0"'),
    kind("Color | int | str", "red 1 a", '"red" 1'),
    kind("typing.Optional[int]", "1 2", "1 null"),
    kind("str | None", "a", '"a" null'),
    kind("bool | None", "true", "true null"),
    kind("datetime.datetime | None", "2020-01-02T03:04:05", '"2020-01-02T03:04:05Z" null'),
)  # fmt: skip

SEQUENCES = (
    kind("list[int]", "1 2 3", "[1,2] []", "list", "[1]"),
    kind("list[str]", "a b", '["a","b"] []', "list"),
    kind("list", "a 1", '[1,"a"]'),
    kind("set[int]", "1 1 2", "[1,1,2]", "list"),
    kind("frozenset[str]", "a", '["a"]'),
    kind("tuple[int, str]", "1 a", '[1,"a"]'),
    kind("tuple[int, ...]", "1 2", "[1,2]"),
    kind("typing.Sequence[int]", "1 2", "[1,2]"),
    kind("list[int] | None", "1 2", "[1] null"),
    kind("list[Color]", "red", '["red"]'),
    kind("list[int | str]", "1 a", '[1,"a"]'),
    kind("Annotated[list[Annotated[int, pydantic.Field(gt=0)]], pydantic.Field(max_length=2)]",
         "1 2", "[1,2] [0]"),
)  # fmt: skip

JSON_ONLY = (
    kind("collections.deque[int]", "", "[1,2]"),
    kind("dict[str, int]", "", '{"a":1} {}'),
    kind("dict[int, list[float]]", "", '{"1":[1.5]} {}'),
    kind("dict", "", '{"a":1} {}'),
    kind("list[list[int]]", "", "[[1],[2,3]]"),
    kind("list[dict[str, Any]]", "", '[{"a":null}]'),
    kind("dict[str, int] | list[int]", "", '{"a":1} [1]'),
    kind("Point", "", '{"x":1,"y":2} {"x":"1"}'),
    kind("Movie", "", '{"title":"t","year":1999} {"title":"t"}'),
    kind("Pet", "", '{"kind":"cat","lives":9} {"kind":"dog","name":"b"} {"kind":"cow"}'),
    kind("list[Pet]", "", '[{"kind":"cat","lives":9}] []'),
    kind("Tree", "", '{"value":1,"children":[{"value":2}]} {"value":1}'),
    kind("Names", "", '["a","b"] []'),
    kind("Box[int]", "", '{"content":1}'),
    kind("Box[Point] | None", "", '{"content":{"x":1}} null'),
    kind("Strict", "", '{"number":1,"text":"a","when":"2020-01-02"}'),
    kind("Checked", "", '{"low":1,"high":2} {"low":3,"high":2}'),
    kind("Computed", "", '{"side":2}'),
)

PRELUDE = '''
class Color(str, enum.Enum):
    """A colour."""
    red = "red"
    blue = "blue"


class Level(enum.IntEnum):
    low = 1
    high = 2


def refuse_seven(value):
    if value == 7:
        raise ValueError("seven is refused")
    return value


def shout(value):
    return value.upper() if isinstance(value, str) else value


def either_way(value, handler):
    try:
        return handler(value)
    except ValueError:
        return "fallback"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


class Movie(typing_extensions.TypedDict, total=False):
    title: typing_extensions.Required[str]
    year: int


class Cat(pydantic.BaseModel):
    kind: typing.Literal["cat"]
    lives: int = 9


class Dog(pydantic.BaseModel):
    """A dog."""
    model_config = {"extra": "forbid"}
    kind: typing.Literal["dog"]
    name: str


Pet = Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]


class Tree(pydantic.BaseModel):
    value: int
    children: "list[Tree]" = []


class Names(pydantic.RootModel[list[str]]):
    pass


T = typing.TypeVar("T")


class Box(pydantic.BaseModel, typing.Generic[T]):
    content: T


class Strict(pydantic.BaseModel):
    model_config = {"strict": True}
    number: int
    text: str = "x"
    when: datetime.date | None = None


class Checked(pydantic.BaseModel):
    low: int
    high: int

    @pydantic.model_validator(mode="after")
    def ordered(self):
        if self.low > self.high:
            raise ValueError("low above high")
        return self


class Computed(pydantic.BaseModel):
    side: int

    @pydantic.computed_field
    @property
    def area(self) -> int:
        return self.side * self.side

    @pydantic.field_serializer("side")
    def write(self, side: int) -> str:
        return f"{side} m"
'''

#: What nobody meant: for every place that takes text.
HOSTILE_TEXTS = (
    *("", " ", "null", "None", "NaN", "inf", "-Infinity", "1e400", "1_000", "0x10", "+1", " 1 "),
    *(
        "1.0",
        "-0",
        "9" * 30,
        "9" * 5000,
        "12345678901234567890.5",
        "true ",
        "TRUE",
        "\u0661",
        "é",
        "ß",
    ),
    *("a" * 300, "\x00", "a,b", "a;b", "[]", "{}", '"', '"a"', "%", "%zz", "\ufeff1", "\U0001f40e"),
    *("2020-13-45", "2020-01-02T00:00:00+99:99", "../../x", "a\nb", "\\", "'"),
)
#: JSON texts, and texts that only look like JSON.
HOSTILE_JSON = (
    *("null", "true", "0", "-0", "0.0", "1.0", "1.5", '""', '"a"', '"1"', '"true"', "[]", "{}"),
    *("[null]", '{"":1}', "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400"),
    *("123456789012345678901234567890", "-9223372036854775809", "18446744073709551616"),
    *(
        "1" * 4301,
        "1.0000000000000000000001",
        "0.1e1",
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\u0000"',
    ),
    *(
        '"\ud800"',
        '"\x01"',
        "[" * 100 + "]" * 100,
        "[" * 300 + "]" * 300,
        '{"a":' * 90 + "1" + "}" * 90,
    ),
    *(
        "1E2",
        '"1577934245"',
        '"2020-01-02T00:00:00.000000000001"',
        '"é"',
        '"\\/"',
        "01",
        "+1",
        ".5",
    ),
    *(
        "1.",
        "nul",
        "'a'",
        "{a:1}",
        "[1,]",
        "/*c*/1",
        "\ufeff1",
        "1 2",
        '"\t"',
        "0x1",
        "\x0b1",
        "tRue",
    ),
)
