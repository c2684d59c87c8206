"""The types that are read straight from JSON, and the reasons for the others."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import inspect
from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    VERSION,
    AfterValidator,
    AliasChoices,
    AliasPath,
    AnyUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    EncodedStr,
    EncoderProtocol,
    Field,
    FilePath,
    ImportString,
    NameEmail,
    SecretStr,
    Strict,
    StringConstraints,
    Tag,
    TypeAdapter,
    field_validator,
    model_validator,
)

from pronghorn.plan.json_mode import is_compared, json_mode_of


class Size(enum.Enum):
    small = "s"


class Point(enum.Enum):
    origin = (0, 0)


class Partly(enum.Enum):
    something = "s"
    nothing = None


class Item(BaseModel):
    name: str


class Event(BaseModel):
    when: str | dt.date
    after: list[Event] = []


class Money(BaseModel):
    amounts: dict[str, list[Decimal]]


class Upper(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def upper(cls, value: str) -> str:
        return value.upper()


class Whole(BaseModel):
    name: str

    @model_validator(mode="before")
    @classmethod
    def look(cls, value: Any) -> Any:
        return value


class Private(BaseModel):
    _secret: int = 1


class StrictItem(BaseModel):
    model_config = ConfigDict(strict=True)
    when: dt.date


class Lenient(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)
    name: str


class Stripped(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)
    name: str
    counts: dict[str, int] = {}


class Path(BaseModel):
    first: int = Field(validation_alias=AliasPath("numbers", 0))


class Named(BaseModel):
    name: str = Field(validation_alias=AliasChoices("name", "title"))


class Checked(BaseModel):
    model_config = ConfigDict(validate_default=True)
    name: str = "x"


@dataclasses.dataclass
class Counted:
    count: int
    total: int = dataclasses.field(default=0, init=False)


class Mail(NameEmail):
    """A class of the program, which a function of Pydantic creates."""


class Site(AnyUrl):
    """Likewise."""


class Token(SecretStr):
    """Likewise."""


class Rot(EncoderProtocol):
    """An encoder of the program, which a function of Pydantic calls."""


class Uploaded(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64")
    content: bytes


LOOKS = "code that looks at the value"


def line_of(target: Any) -> int:
    return inspect.getsourcelines(target)[1]


def choose(value: Any) -> str:
    return "item"


#: Before 2.14, Pydantic's schema does not say what this is.
IS_NAMED = tuple(map(int, VERSION.split(".")[:2])) >= (2, 14)
DEQUE = "deque" if IS_NAMED else f"{LOOKS}: deque_validator of Pydantic"
DIFFERENT: list[tuple[Any, str]] = [
    (str | dt.date, "union of str and date"),
    (Event, "field `when` of Event: union of str and date"),
    (list[Event], "field `when` of Event: union of str and date"),
    (Item | Named | None, "union of Item and Named"),
    (dict[str, int] | Item, "union of dict and Item"),
    (list[int] | list[str], "union of list and list"),
    (Event | Item, "union of Event and Item"),
    (Decimal, "Decimal"),
    (Money, "field `amounts` of Money: Decimal"),
    (Sequence[int], "a type that each mode reads in its own way"),
    (deque[int], DEQUE),
    (complex, "complex"),
    (Callable[[], int], "callable"),
    (Upper, f"field `name` of Upper: {LOOKS}: Upper.upper ({__file__}:{line_of(Upper.upper)})"),
    (Whole, f"{LOOKS}: Whole.look ({__file__}:{line_of(Whole.look)})"),
    (Annotated[int, BeforeValidator(int)], f"{LOOKS}: int"),
    (Annotated[str, AfterValidator(str.upper)], f"{LOOKS}: str.upper"),
    (Mail, f"{LOOKS}: Mail ({__file__}:{line_of(Mail)})"),
    (Site, f"{LOOKS}: Site ({__file__}:{line_of(Site)})"),
    (Token, f"{LOOKS}: Token ({__file__}:{line_of(Token)})"),
    (Annotated[str, EncodedStr(encoder=Rot)], f"{LOOKS}: Rot ({__file__}:{line_of(Rot)})"),
    (FilePath, f"{LOOKS}: PathType.validate_file of Pydantic"),
    (ImportString, f"{LOOKS}: import_string of Pydantic"),
    (Uploaded, "Uploaded with val_json_bytes"),
    (Annotated[bytes, Strict()], "strict bytes"),
    (Private, "Private, which runs code when it is made"),
    (StrictItem, "StrictItem, which is strict"),
    (Annotated[dt.date, Strict()], "strict date"),
    (Annotated[Size, Strict()], "strict enum Size"),
    (Annotated[set[int], Strict()], "strict set"),
    (Point, "enum Point"),
    (Partly, "enum Partly"),
    (Literal[Size.small], "literal"),
    (Lenient, "Lenient with coerce_numbers_to_str"),
    (Checked, "Checked with validate_default"),
    (Stripped, "field `counts` of Stripped: dict, beside texts that are stripped or recased"),
    (Path, "field `first` of Path: int whose alias is a path"),
    (Counted, "field `total` of Counted: int that is no argument"),
    (dict[int, str], "dict whose keys are more than texts"),
    (set[float], "set of more than texts, whole numbers and dates"),
    (set[Any], "set of more than texts, whole numbers and dates"),
    (
        Annotated[Annotated[Item, Tag("item")] | Annotated[Named, Tag("x")], Discriminator(choose)],
        "union of Item and Named",
    ),
]


@pytest.mark.parametrize(("annotation", "reason"), DIFFERENT)
def test_the_reason_names_what_differs_and_where(annotation: Any, reason: str) -> None:
    assert json_mode_of(TypeAdapter(annotation).core_schema).reason == reason


@pytest.mark.parametrize(
    "annotation", [Item, Named, list[Item], dict[str, Item], Item | None, Size]
)
def test_the_frequent_types_are_read_straight(annotation: Any) -> None:
    mode = json_mode_of(TypeAdapter(annotation).core_schema)
    assert (mode.reason, mode.huge_floats, mode.holds_anything) == (None, False, False)


def test_floats_and_values_of_any_type_are_noticed_wherever_they_are() -> None:
    assert json_mode_of(TypeAdapter(dict[str, list[float]]).core_schema).huge_floats
    finite = Annotated[float, Field(allow_inf_nan=False)]
    assert not json_mode_of(TypeAdapter(finite).core_schema).huge_floats
    assert json_mode_of(TypeAdapter(list[dict[str, Any]]).core_schema).holds_anything


def test_texts_that_are_changed_may_stand_where_none_are_compared() -> None:
    short = Annotated[str, StringConstraints(strip_whitespace=True)]
    assert json_mode_of(TypeAdapter(list[short]).core_schema).reason is None
    assert json_mode_of(TypeAdapter(list[short | int]).core_schema).reason is not None


def test_the_rules_hold_for_the_versions_of_pydantic_that_were_compared() -> None:
    assert all(map(is_compared, ["2.11.0", "2.12.5", "2.14.3", "2.14.9"]))
    assert not any(map(is_compared, ["2.10.6", "2.13.5", "2.14.2", "2.14.5b1", "2.15.0", "3.0.0"]))
