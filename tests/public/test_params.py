"""Parameters as data: options, defaults, signatures, mistakes."""

import copy
import inspect
import re
from typing import Any

import pytest
from annotated_types import Gt, MinLen
from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from pronghorn import param_functions, params
from pronghorn.exceptions import (
    FastAPIDeprecationWarning,
    SetupAssertionError,
    SetupTypeError,
    SetupValueError,
)
from pronghorn.params import (
    Body,
    Cookie,
    Depends,
    File,
    Form,
    Header,
    Param,
    ParamTypes,
    Path,
    Query,
    Security,
)

KINDS = ["Path", "Query", "Header", "Cookie", "Body", "Form", "File"]


def dependency() -> None:
    """Nothing to do."""


@pytest.mark.parametrize(
    ("default", "text"),
    [("x", "x"), (None, "None"), (..., "PydanticUndefined"), (1, "1"), ([], "[]")],
)
@pytest.mark.parametrize("kind", [Param, Query, Header, Cookie, Body, Form, File])
def test_repr_shows_the_default(kind: Any, default: Any, text: str) -> None:
    assert repr(kind(default)) == f"{kind.__name__}({text})"


@pytest.mark.parametrize("kind", KINDS)
def test_functions_make_the_object_of_the_same_name(kind: str) -> None:
    made = getattr(param_functions, kind)(title="T", description="D", examples=[1])
    assert type(made) is getattr(params, kind)
    assert isinstance(made, FieldInfo)
    assert (made.title, made.description, made.examples) == ("T", "D", [1])
    assert made.is_required()


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (Path, ParamTypes.path),
        (Query, ParamTypes.query),
        (Header, ParamTypes.header),
        (Cookie, ParamTypes.cookie),
    ],
)
def test_place_in_the_request(kind: type[Param], place: ParamTypes) -> None:
    assert kind().in_ is place


def test_bodies_are_a_family_of_their_own() -> None:
    assert isinstance(File(), Form)
    assert isinstance(Form(), Body)
    assert not isinstance(Body(), Param)
    assert Body().media_type == "application/json"
    assert Body(embed=True, media_type="application/x").embed is True
    assert Form().media_type == "application/x-www-form-urlencoded"
    assert File().media_type == "multipart/form-data"


def test_header_converts_underscores_unless_told_otherwise() -> None:
    assert Header().convert_underscores
    assert not Header(convert_underscores=False).convert_underscores


def test_constraints_become_metadata_of_pydantic() -> None:
    field = Query(gt=3, min_length=2, pattern="^a")
    assert Gt(3) in field.metadata
    assert MinLen(2) in field.metadata
    assert any(getattr(constraint, "pattern", None) == "^a" for constraint in field.metadata)


def test_compiled_pattern_is_kept() -> None:
    pattern = re.compile("a", re.IGNORECASE)
    metadata = Query(pattern=pattern).metadata
    assert [getattr(constraint, "pattern", None) for constraint in metadata] == [pattern]


def test_alias_is_used_in_both_directions() -> None:
    field = Query(alias="item-query")
    assert field.alias == "item-query"
    assert field.validation_alias == "item-query"
    assert field.serialization_alias == "item-query"


def test_validation_alias_wins_over_alias() -> None:
    choices = AliasChoices("q", "query")
    assert Query(alias="a", validation_alias=choices).validation_alias is choices
    assert Query(validation_alias="v").alias is None


def test_facts_for_the_document() -> None:
    field = Query(include_in_schema=False, openapi_examples={"one": {"value": 1}}, deprecated=True)
    assert not field.include_in_schema
    assert field.openapi_examples == {"one": {"value": 1}}
    assert field.deprecated is True


def test_default_factory() -> None:
    assert Query(default_factory=list).get_default(call_default_factory=True) == []
    with pytest.raises(TypeError, match="both default and default_factory"):
        Query(1, default_factory=list)


def test_copies_keep_the_facts() -> None:
    field = Header("x", convert_underscores=False, include_in_schema=False)
    copied = copy.copy(field)
    assert (copied.default, copied.convert_underscores) == ("x", False)
    assert copied.include_in_schema is False


@pytest.mark.parametrize("kind", KINDS)
def test_old_names_warn_at_the_line_of_the_program(kind: str) -> None:
    make = getattr(param_functions, kind)
    with pytest.warns(FastAPIDeprecationWarning, match="`regex` has been deprecated") as caught:
        field = make(regex="^a$")
    assert caught[0].filename == __file__
    assert [constraint.pattern for constraint in field.metadata] == ["^a$"]
    with pytest.warns(FastAPIDeprecationWarning, match="`example` has been deprecated"):
        assert make(example=None).example is None


def test_path_parameter_has_no_default() -> None:
    assert Path().is_required()
    assert Path(...).is_required()
    with pytest.raises(AssertionError, match=r"^Path parameters cannot have a default value"):
        param_functions.Path(None)
    with pytest.raises(SetupAssertionError) as caught:
        Path("x")
    assert caught.value.where is not None
    assert __file__ in caught.value.where


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_option_is_refused_with_a_suggestion(kind: str) -> None:
    with pytest.raises(SetupTypeError, match="Did you mean 'max_length'") as caught:
        getattr(param_functions, kind)(maxlength=3)
    assert "unexpected keyword argument 'maxlength'" in caught.value.got
    with pytest.raises(TypeError, match="one of: alias, "):
        getattr(params, kind)(zzz=3)


@pytest.mark.parametrize("kind", KINDS)
def test_signature_shows_every_option(kind: str) -> None:
    of_function = inspect.signature(getattr(param_functions, kind)).parameters
    of_class = inspect.signature(getattr(params, kind)).parameters
    assert of_function.keys() == of_class.keys() - {"annotation"}
    assert of_function["gt"].default is None
    assert of_function["gt"].annotation == float | None
    assert of_function["include_in_schema"].default is True
    assert of_function["alias"].kind is inspect.Parameter.KEYWORD_ONLY
    assert ("convert_underscores" in of_function) is (kind == "Header")
    assert ("embed" in of_function) is (kind == "Body")
    assert ("media_type" in of_function) is (kind in {"Body", "Form", "File"})


def test_depends_is_a_hashable_value() -> None:
    assert Depends(dependency) == Depends(dependency)
    assert hash(Depends(dependency)) == hash(Depends(dependency))
    assert hash(Depends(dependency)) != hash(Depends(dependency, scope="function"))
    assert hash(Security(dependency)) == hash(Security(dependency))
    assert Security(dependency) != Depends(dependency)
    with pytest.raises(AttributeError):
        Depends(dependency).use_cache = False  # type: ignore[misc]  # that is the point


def test_dependency_functions() -> None:
    made = param_functions.Depends(dependency, use_cache=False, scope="request")
    assert repr(made) == (
        f"Depends(dependency={dependency!r}, use_cache=False, scope='request', "
        "max_concurrency=None)"
    )
    secured = param_functions.Security(dependency, scopes=["items:read"])
    assert isinstance(secured, Depends)
    assert secured.scopes == ["items:read"]


def test_limits_belong_to_the_object() -> None:
    first, second = Depends(dependency, max_concurrency=1), Depends(dependency, max_concurrency=1)
    assert first != second
    assert first == first  # noqa: PLR0124 - the limit compares by identity
    assert copy.copy(first) == first


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "2"])
def test_limit_must_be_a_positive_integer(limit: Any) -> None:
    with pytest.raises(SetupValueError, match="positive integer or None"):
        param_functions.Depends(dependency, max_concurrency=limit)
