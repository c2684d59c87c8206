"""Secrets, environments and passwords in the odd places where a program may have them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field, SecretStr
from pydantic.dataclasses import dataclass
from pydantic_settings import InitSettingsSource

from pronghorn.settings import BaseSettings, Secret, SettingsConfigDict, SettingsError

KEY = "k7Zq-3fWcXr_9tLmB2vNpQ8sHdJyT5gUeA"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start in, without variables of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SHOP_")]:
        monkeypatch.delenv(name)
    return tmp_path


class Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")


def problems_of(settings: type[BaseSettings], **values: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings(**values)
    return list(caught.value.problems)


# --- secrets inside of other values -------------------------------------------------------------


class Account(BaseModel):
    password: SecretStr


@dataclass
class Login:
    password: SecretStr


class Inside(Base):
    maybe: Secret | None = None
    several: list[Secret] = []
    pair: tuple[SecretStr, ...] = ()
    named: dict[str, SecretStr] = {}
    accounts: list[Account] = []
    login: Login | None = None
    by_default: list[SecretStr] = [SecretStr("a good enough password")]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("maybe", KEY[:31], "is too short: it needs at least 32 characters"),
        ("several", [KEY, KEY[:31]], "is too short: it needs at least 32 characters"),
        ("pair", ("changeme",), "is a placeholder"),
        ("named", {"old": "changeme"}, "is a placeholder"),
        ("accounts", [{"password": "changeme"}], "is a placeholder"),
        ("login", {"password": "changeme"}, "is a placeholder"),
    ],
)
def test_a_weak_secret_is_found_inside(name: str, value: Any, problem: str) -> None:
    problems = problems_of(Inside, environment="production", by_default=[], **{name: value})
    assert problems == [f"SHOP_{name.upper()} {problem}."]
    assert Inside(environment="development", **{name: value})


def test_a_default_is_found_inside() -> None:
    assert problems_of(Inside, environment="production") == [
        "SHOP_BY_DEFAULT is the default of the program, which is no secret."
    ]


def test_good_secrets_inside_are_accepted() -> None:
    values = {"maybe": KEY, "several": [KEY], "named": {"a": KEY}, "by_default": [KEY]}
    assert Inside(environment="production", **values).maybe == SecretStr(KEY)


# --- the environment ----------------------------------------------------------------------------


class Keys(BaseModel):
    key: Secret


class AfterMixin(Base, Keys):
    """The fields of the second base come first."""


class Keyed(Base):
    model_config = SettingsConfigDict(secrets_dir="mounted")

    key: Secret


def test_a_secret_of_a_mixin_is_checked() -> None:
    assert next(iter(AfterMixin.model_fields)) == "key"
    problems = problems_of(AfterMixin, environment="production", key="changeme")
    assert problems == ["SHOP_KEY is a placeholder."]
    assert AfterMixin(environment="production", key=KEY).key.get_secret_value() == KEY


@pytest.mark.parametrize("place", ["variable with _FILE", "_FILE in .env", "mounted"])
def test_the_environment_is_in_a_file(
    place: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mounted").mkdir()
    (folder / "which").write_text("production\n")
    if place == "variable with _FILE":
        monkeypatch.setenv("SHOP_ENVIRONMENT_FILE", "which")
    elif place == "_FILE in .env":
        (folder / ".env").write_text("SHOP_ENVIRONMENT_FILE=which\n")
    else:
        (folder / "which").rename(folder / "mounted" / "shop_environment")
    missing = "SHOP_KEY is missing: set it, or SHOP_KEY_FILE to the path of a file."
    assert problems_of(Keyed) == [missing]
    (folder / ".env.production").write_text(f"SHOP_KEY={KEY}\n")
    assert Keyed().key.get_secret_value() == KEY


def test_the_environment_of_a_program_with_case() -> None:
    class Exact(Keyed):
        model_config = SettingsConfigDict(case_sensitive=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_environment", "production")
        assert len(problems_of(Exact)) == 1


def test_no_secret_is_made_if_a_source_of_the_program_says_production() -> None:
    class Own(Keyed):
        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, *args: Any, **sources: Any) -> Any:
            own = InitSettingsSource(settings_cls, {"environment": "production"})
            return own, *super().settings_customise_sources(settings_cls, *args, **sources)

    missing = "SHOP_KEY is missing: set it, or SHOP_KEY_FILE to the path of a file."
    assert problems_of(Own) == [missing]


# --- names --------------------------------------------------------------------------------------


def test_a_secret_is_made_under_its_alias() -> None:
    class Aliased(Base):
        one: Secret = Field(validation_alias="shopKey")
        two: Secret = Field(validation_alias=AliasChoices(AliasPath("keys", 0), "otherKey"))

    made = Aliased()
    assert len(made.one.get_secret_value()) == len(made.two.get_secret_value()) == 64


def test_a_place_inside_of_a_variable_is_named() -> None:
    class Inner(Base):
        one: Secret = Field(validation_alias=AliasChoices(AliasPath("shop_keys", 0)))
        two: int = Field(validation_alias=AliasPath("shop_numbers", "two"))

    names = [problem.partition(" ")[0] for problem in problems_of(Inner)]
    assert names == ["SHOP_KEYS", "SHOP_NUMBERS"]


def test_a_wrong_tag_is_not_told() -> None:
    class Card(BaseModel):
        kind: Literal["card"]

    class Bank(BaseModel):
        kind: Literal["bank"]

    class Tagged(Base):
        pay: Annotated[Card | Bank, Field(discriminator="kind")]

    (problem,) = problems_of(Tagged, pay={"kind": "hunter2 found using 'x'"})
    text = "SHOP_PAY: Input tag found using 'kind' does not match any of the expected tags: "
    assert problem == f"{text}'card', 'bank'."


# --- printing -----------------------------------------------------------------------------------


class Box(BaseModel):
    password: str = "hunter2"


class Printed(Base):
    box: Box = Box()
    maybe_box: Box | None = Box()
    boxes: list[Box] = [Box()]
    by_name: dict[str, Box] = {"a": Box()}
    plain: dict[str, str] = {"api_key": "hunter2"}
    tokens: list[str] = ["hunter2"]
    raw: bytes = b"redis://:hunter2@redis/0"
    words: str = "host=db password=hunter2 user=shop"


def test_passwords_inside_are_not_printed() -> None:
    settings = Printed()
    for text in (repr(settings), str(settings), repr(settings.model_dump())):
        assert "hunter2" not in text
        assert text.count("**********") == 8
    assert "hunter2" not in settings.model_dump_json()
    assert "box=Box(password='**********')" in repr(settings)


@pytest.mark.parametrize("odd", "/?#'\",%:")
def test_a_password_with_characters_that_a_url_should_encode(odd: str) -> None:
    class Url(Base):
        url: str = f"postgresql://shop:hun{odd}ter2@db/shop"

    for text in (repr(Url()), repr(Url().model_dump()), Url().model_dump_json()):
        assert "postgresql://shop:**********@db/shop" in text
        assert "ter2" not in text


@pytest.mark.parametrize(
    "url",
    ["http://shop:8080/a@b", "http://[::1]:80/a@b", "http://shop/a:b@c", "mongodb://a:1,b:2/x@y"],
)
def test_an_address_without_a_password_stays(url: str) -> None:
    class Url(Base):
        address: str = url

    assert Url().model_dump()["address"] == url
    assert url in repr(Url())
