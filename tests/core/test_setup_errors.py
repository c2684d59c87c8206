"""The text of setup errors: what we got, what was probably meant, what to write."""

import functools
from collections.abc import Callable

import pytest

from pronghorn.core.setup_errors import (
    describe_callable,
    did_you_mean,
    setup_error,
    user_place,
    warn_deprecated,
)
from pronghorn.exceptions import (
    FastAPIDeprecationWarning,
    SetupError,
    SetupValueError,
)


def read_item() -> None:
    """An endpoint."""


class Reader:
    def __call__(self) -> None:
        """A callable instance."""


def test_first_line_is_what_we_got() -> None:
    error = setup_error(
        "prefix 'items' was given",
        "a path begins with '/'",
        "prefix='/items'",
        where="shop.py:3",
    )
    assert str(error) == (
        "prefix 'items' was given\n"
        "  probably: a path begins with '/'\n"
        "  write:    prefix='/items'\n"
        "  where:    shop.py:3"
    )
    assert (error.got, error.probably) == ("prefix 'items' was given", "a path begins with '/'")
    assert (error.write, error.where) == ("prefix='/items'", "shop.py:3")


def test_parts_that_are_not_known_are_left_out() -> None:
    assert str(setup_error("just this")) == "just this"
    assert str(setup_error("this", write="that")) == "this\n  write:    that"


def test_code_of_several_lines_is_indented() -> None:
    error = setup_error("got", write="@app.get('/')\ndef read(): ...")
    assert str(error) == "got\n  write:    @app.get('/')\n            def read(): ..."


def test_kind_decides_what_programs_can_catch() -> None:
    assert type(setup_error("got")) is SetupError
    with pytest.raises(ValueError, match=r"^got$"):
        raise setup_error("got", kind=SetupValueError)


@pytest.mark.parametrize(
    ("word", "meant"),
    [("respons_model", "response_model"), ("tag", "tags"), ("zzz", None)],
)
def test_did_you_mean(word: str, meant: str | None) -> None:
    assert did_you_mean(word, ["response_model", "tags", "status_code"]) == meant


@pytest.mark.parametrize(
    "target",
    [
        read_item,
        functools.partial(read_item),
        functools.partial(functools.partial(read_item)),
        functools.wraps(read_item)(lambda: None),
    ],
)
def test_functions_are_described_by_name_and_place(target: Callable[..., None]) -> None:
    line = read_item.__code__.co_firstlineno
    assert describe_callable(target) == f"read_item ({__file__}:{line})"


@pytest.mark.parametrize("target", [Reader, Reader()])
def test_classes_and_instances_are_described_by_the_class(target: Callable[..., None]) -> None:
    assert describe_callable(target).startswith(f"Reader ({__file__}:")


def test_builtin_callables_have_a_name_only() -> None:
    assert describe_callable(len) == "len"
    assert describe_callable(int) == "int"


def test_place_of_the_program_is_the_line_that_calls_us() -> None:
    place = user_place()
    assert place is not None
    assert place.startswith(f"{__file__}:")


def test_deprecation_points_at_the_line_of_the_program() -> None:
    with pytest.warns(FastAPIDeprecationWarning, match="use the other one") as caught:
        warn_deprecated("use the other one")
    assert caught[0].filename == __file__
