"""Generate types that the plan reads straight from JSON, and JSON texts for them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import types
from typing import Annotated, Any, Literal, Union
from uuid import UUID

from hypothesis import strategies as st
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    RootModel,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    create_model,
)
from typing_extensions import TypedDict

Texts = st.SearchStrategy[str]


class Colour(enum.StrEnum):
    red = "red"
    one = "1"


class Level(enum.IntEnum):
    none = 0
    low = 1


class Mixed(enum.Enum):
    text = "a"
    number = 1


class Cat(BaseModel):
    kind: Literal["a"]
    b: int = 0


class Dog(BaseModel):
    kind: Literal["b", "c"]
    b: str = "0"


class Tree(BaseModel):
    a: int = 0
    b: Tree | None = None
    c: list[Tree] = []


class Row(TypedDict, total=False):
    a: int
    b: str


class Numbers(RootModel[list[int]]):
    pass


@dataclasses.dataclass
class Point:
    a: int
    b: str = "x"


@dataclasses.dataclass(frozen=True)
class Shape:
    """A type and the texts that clients send for it; not all of them are right."""

    annotation: Any
    texts: Texts


# --- texts --------------------------------------------------------------------------------------

NUMBERS: Texts = st.one_of(
    st.sampled_from(["0", "1", "2", "-1", "-0", "-0.0", "1.0", "1.5", "3.0", "1e2", "1E400"]),
    st.sampled_from(["-1e400", "1e-400", "NaN", "Infinity", "-Infinity"]),
    st.sampled_from(["9223372036854775808", "9007199254740993", "1" * 30, "1" * 400, "1" * 4301]),
    st.sampled_from(["1700000000", "1700000000.5", "1700000000000", "86399.999999", "20000000001"]),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(json.dumps),
    st.floats(-1e12, 1e12).map(json.dumps),
)
NUMBER_TEXTS: Texts = st.one_of(
    NUMBERS,
    st.sampled_from(["true", "off", "T", "nan", "inf", "+1", " 1 ", "01", "1_0", ".5", "\u0661"]),
)
WORDS: Texts = st.one_of(
    st.sampled_from(["a", "b", "1", "", " ", " a ", "A", "red", "é", "a\n", "\0", "12:00"]),
    st.text(max_size=6),
)


@st.composite
def moments(draw: st.DrawFn) -> str:
    """Dates, times and durations, also those that are none."""
    date = draw(st.dates()).isoformat() + draw(st.sampled_from(["", "", "T", " ", "_", "t"]))
    clock = draw(st.times()).isoformat() + draw(st.sampled_from(["", "Z", "+01:00", "-2359", "z"]))
    spoilt = draw(st.sampled_from(["2020-13-01", "24:00", "00:00:00,5", "1 day, 1:00", "-P1DT2H"]))
    lasting = draw(st.timedeltas()).total_seconds()
    return draw(
        st.sampled_from([date, clock, date + clock, spoilt, f"PT{lasting}S", "P1W", str(lasting)])
    )


def quoted(texts: Texts) -> Texts:
    """As JSON strings, with and without escapes."""
    return st.builds(json.dumps, texts, ensure_ascii=st.booleans())


HOSTILE: Texts = st.one_of(
    NUMBERS,
    quoted(st.one_of(WORDS, NUMBER_TEXTS, moments())),
    st.sampled_from(
        ["null", "true", "false", "[]", "{}", '[1,"a"]', '{"a":1,"a":"b"}', '"\\ud800"']
    ),
)


def mostly(texts: Texts) -> Texts:
    """Mostly as they are, sometimes something else."""
    return st.integers(0, 9).flatmap(lambda number: HOSTILE if number == 0 else texts)


def listed(items: Texts, most: int = 4) -> Texts:
    """Arrays."""
    return st.lists(items, max_size=most).map(lambda found: f"[{','.join(found)}]")


@st.composite
def objects(draw: st.DrawFn, members: list[tuple[tuple[str, ...], Texts]]) -> str:
    """Objects with most of these members, some twice, some others, in any order.

    Args:
        members: The names that each has, and its texts.
    """
    found: list[tuple[str, str]] = []
    for names, texts in members:
        times = draw(st.sampled_from([0, 1, 1, 1, 1, 2]))
        found += [(draw(st.sampled_from(names)), draw(mostly(texts))) for _ in range(times)]
    if draw(st.integers(0, 3)) == 0:
        found.append((draw(st.sampled_from(["extra", "a", " a", ""])), draw(HOSTILE)))
        found = draw(st.permutations(found))
    gap = draw(st.sampled_from(["", " ", "\n"]))
    return "{" + ",".join(f"{json.dumps(name)}:{gap}{text}" for name, text in found) + "}"


@st.composite
def damaged(draw: st.DrawFn, texts: Texts) -> bytes:
    """The bytes of a text, rarely with a wrong one."""
    body = bytearray(draw(mostly(texts)).encode("utf-8", "surrogatepass"))
    if draw(st.integers(0, 19)) == 0:
        place = draw(st.integers(0, len(body)))
        body[place : place + draw(st.integers(0, 1))] = draw(
            st.sampled_from(list(b'",:{}[]\\ 0-u\xff'))
        ).to_bytes()
    return bytes(body)


# --- types --------------------------------------------------------------------------------------

_NAMED = [(("kind",), st.sampled_from(['"a"', '"b"', '"c"', "1", "null"]))]
_TWO = [(("a",), NUMBERS), (("b",), quoted(WORDS))]
_LEAF_TREES = objects([(("a",), NUMBERS), (("b",), st.just("null")), (("c",), st.just("[]"))])
_TREES = objects([(("a",), NUMBERS), (("b",), _LEAF_TREES), (("c",), listed(_LEAF_TREES, 2))])
LEAVES = [
    *(
        Shape(kind, st.one_of(NUMBERS, quoted(NUMBER_TEXTS), st.just("true")))
        for kind in (
            *(int, float, bool, StrictInt, StrictFloat, StrictBool, FiniteFloat, Level),
            *(int | str, str | int, float | int, bool | float | None, Literal[1, "1"]),
            *(Annotated[int, Field(ge=0, lt=100, multiple_of=2)], Annotated[float, Field(gt=0.5)]),
        )
    ),
    *(
        Shape(kind, st.one_of(quoted(st.one_of(WORDS, NUMBER_TEXTS)), st.just("null")))
        for kind in (
            *(str, StrictStr, Colour, Mixed, Literal["a", "b"], str | None, bool | str),
            *(Literal["a"] | str, float | str, types.NoneType),
            Annotated[str, StringConstraints(min_length=1, max_length=3, pattern="^[a-z]")],
            Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True)],
        )
    ),
    *(
        Shape(kind, st.one_of(NUMBERS, quoted(moments()), quoted(NUMBERS)))
        for kind in (dt.date, dt.datetime, dt.time, dt.timedelta)
    ),
    Shape(UUID, quoted(st.one_of(st.uuids().map(str), st.uuids().map(lambda uuid: uuid.hex)))),
    Shape(Any, st.recursive(HOSTILE, listed, max_leaves=5)),
    Shape(Annotated[Cat | Dog, Field(discriminator="kind")], objects(_NAMED + _TWO[1:])),
    Shape(Tree, _TREES),
    Shape(Row, objects(_TWO)),
    Shape(Point, objects(_TWO)),
    Shape(Numbers, listed(NUMBERS)),
    Shape(set[int], listed(st.one_of(NUMBERS, quoted(NUMBER_TEXTS)))),
    Shape(frozenset[str], listed(quoted(WORDS))),
    Shape(dict[str, Any], objects(_TWO)),
]


@st.composite
def models(draw: st.DrawFn, inner: st.SearchStrategy[Shape]) -> Shape:
    """A model of some fields, with a configuration."""
    options = {
        "extra": st.sampled_from(["allow", "ignore", "forbid"]),
        "populate_by_name": st.booleans(),
        "str_strip_whitespace": st.booleans(),
        "str_max_length": st.sampled_from([None, 5]),
        "allow_inf_nan": st.booleans(),
        "from_attributes": st.booleans(),
        "use_enum_values": st.booleans(),
    }
    config = draw(st.fixed_dictionaries({}, optional=options))
    fields: dict[str, Any] = {}
    members = []
    for name in draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)):
        shape = draw(inner)
        names = draw(st.sampled_from([(name,), ("x", name), ("x", "y", name)]))
        alias = {1: None, 2: "x", 3: AliasChoices("x", "y")}[len(names)]
        declared = draw(st.sampled_from([..., None]))
        fields[name] = (
            Union[shape.annotation, None],
            Field(declared, validation_alias=alias),
        )
        members.append((names, shape.texts))
    model = create_model("Invented", __config__=ConfigDict(**config), **fields)
    return Shape(model, objects(members))


@st.composite
def containers(draw: st.DrawFn, inner: st.SearchStrategy[Shape]) -> Shape:
    """Something that holds values of other types."""
    shape, other = draw(inner), draw(inner)
    first, second = shape.annotation, other.annotation
    limited = Field(min_length=1, max_length=2)
    pairs = st.builds(lambda *pair: f"[{','.join(pair)}]", shape.texts, other.texts)
    entries = objects([(("a", "b", " a"), shape.texts)] * 3)
    return draw(
        st.sampled_from(
            [
                Shape(list[first], listed(mostly(shape.texts))),
                Shape(Annotated[list[first], limited], listed(shape.texts)),
                Shape(tuple[first, ...], listed(shape.texts)),
                Shape(tuple[first, second], pairs),
                Shape(dict[str, first], entries),
                Shape(Annotated[dict[str, first], limited], entries),
            ]
        )
    )


def shapes() -> st.SearchStrategy[Shape]:
    """Types of every form that the plan may allow; some it does not."""
    return st.recursive(
        st.sampled_from(LEAVES),
        lambda inner: st.one_of(models(inner), models(inner), containers(inner)),
        max_leaves=5,
    )
