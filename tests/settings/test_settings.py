"""Settings come from variables, files and defaults; wrong ones are one error with all problems."""

from __future__ import annotations

import os
import pickle
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AliasChoices,
    BaseModel,
    Field,
    PostgresDsn,
    SecretBytes,
    SecretStr,
    ValidationError,
    model_validator,
)

from pronghorn import Depends, FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.settings import BaseSettings, Secret, SettingsConfigDict, SettingsError
from pronghorn.testclient import TestClient

KEY = "k7Zq-3fWcXr_9tLmB2vNpQ8sHdJyT5gUeA"
PRODUCTION = {"SHOP_ENVIRONMENT": "production", "SHOP_SECRET_KEY": KEY}


class Mail(BaseModel):
    host: str = "localhost"
    port: int = 25
    password: SecretStr = SecretStr("")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")

    secret_key: Secret
    page_size: Annotated[int, Field(ge=1, le=100)] = 20
    origins: list[str] = []


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start in, without variables of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SHOP_")]:
        monkeypatch.delenv(name)
    return tmp_path


SetVariables = Callable[..., None]


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> SetVariables:
    def set_variables(values: dict[str, str] | None = None, **more: str) -> None:
        for name, value in {**(values or {}), **more}.items():
            monkeypatch.setenv(name, value)

    return set_variables


def problems_of(settings: type[BaseSettings] = Settings, **values: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings(**values)
    return list(caught.value.problems)


# --- where a value comes from -------------------------------------------------------------------


def test_the_places_have_an_order(
    folder: Path, variables: SetVariables, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "size").write_text("2\n")
    (folder / ".env").write_text("SHOP_PAGE_SIZE=5\nOTHER=1\n")
    (folder / ".env.production").write_text("SHOP_PAGE_SIZE=4\n")
    (folder / "mounted").mkdir()
    (folder / "mounted" / "shop_page_size").write_text("6\n")
    variables(PRODUCTION, SHOP_PAGE_SIZE="1")

    class Mounted(Settings):
        model_config = SettingsConfigDict(secrets_dir="mounted")

    assert Mounted(page_size=9).page_size == 9
    assert Mounted().page_size == 1
    monkeypatch.delenv("SHOP_PAGE_SIZE")
    variables(SHOP_PAGE_SIZE_FILE="size")
    assert Mounted().page_size == 2
    monkeypatch.delenv("SHOP_PAGE_SIZE_FILE")
    assert Mounted().page_size == 4
    (folder / ".env.production").unlink()
    assert Mounted().page_size == 5
    assert Mounted(_env_file=None).page_size == 6
    assert Settings(_env_file=None).page_size == 20


@pytest.mark.parametrize("place", ["argument", "variable", ".env", "default"])
def test_the_environment_chooses_a_second_file(
    place: str, folder: Path, variables: SetVariables
) -> None:
    values: dict[str, Any] = {}
    if place == "argument":
        values["environment"] = "test"
    elif place == "variable":
        variables(SHOP_ENVIRONMENT="test")
    elif place == ".env":
        (folder / ".env").write_text("SHOP_ENVIRONMENT=test\n")
    name = "development" if place == "default" else "test"
    (folder / f".env.{name}").write_text("SHOP_PAGE_SIZE=7\n")
    settings = Settings(**values)
    assert (settings.environment, settings.page_size) == (name, 7)


def test_files_of_a_program_have_other_names(folder: Path) -> None:
    (folder / "shop.env").write_text("SHOP_PAGE_SIZE=3\nSHOP_ORIGINS=[]\n")
    (folder / "shop.env.development").write_text('SHOP_ORIGINS=["https://a.example"]\n')

    class Other(Settings):
        model_config = SettingsConfigDict(env_file="shop.env")

    assert (Other().page_size, Other().origins) == (3, ["https://a.example"])


def test_a_file_has_a_value_of_any_field(folder: Path, variables: SetVariables) -> None:
    class Nested(Settings):
        model_config = SettingsConfigDict(env_nested_delimiter="__")
        mail: Mail = Mail()
        dsn: Annotated[str, Field(validation_alias=AliasChoices("SHOP_DSN", "DSN"))] = ""
        log_file: str = ""

    for name, text in {"list": '["https://a.example"]\n', "word": "hunter2\n"}.items():
        (folder / name).write_text(text)
    (folder / ".env").write_text("SHOP_MAIL__PORT=587\nSHOP_MAIL__PASSWORD_FILE=word\n")
    variables(SHOP_ORIGINS_FILE="list", DSN_FILE="word", SHOP_LOG_FILE="shop.log")
    settings = Nested()
    assert settings.origins == ["https://a.example"]
    assert settings.mail.password.get_secret_value() == settings.dsn == "hunter2"
    assert settings.mail.port == 587
    assert settings.log_file == "shop.log"  # A field of its own, not a file.


# --- secrets ------------------------------------------------------------------------------------


def test_a_secret_for_development_is_made_once(folder: Path) -> None:
    first, second = Settings(), Settings()
    assert first.secret_key == second.secret_key
    assert len(first.secret_key.get_secret_value()) >= 32
    kept = folder / ".pronghorn/secrets/SHOP_SECRET_KEY"
    assert kept.read_text() == first.secret_key.get_secret_value()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert (kept.parent / ".gitignore").read_text() == "*\n"
    kept.unlink()
    assert Settings().secret_key != first.secret_key


def test_a_program_chooses_the_folder(folder: Path) -> None:
    class Other(Settings):
        development_secrets = folder / "data"

    assert Other().secret_key.get_secret_value() == (folder / "data/SHOP_SECRET_KEY").read_text()


def test_a_test_writes_no_file(folder: Path) -> None:
    assert Settings(environment="test").secret_key != Settings(environment="test").secret_key
    assert list(folder.iterdir()) == []


def test_without_a_place_the_secret_is_made_at_each_start(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / ".pronghorn").write_text("a file")
    assert Settings().secret_key != Settings().secret_key
    assert "SHOP_SECRET_KEY has a new value at each start" in caplog.text


class Secrets(Settings):
    model_config = SettingsConfigDict(env_nested_delimiter="__")
    smtp: SecretStr = SecretStr("hunter2-hunter2")
    blob: SecretBytes | None = None
    mail: Mail = Mail(password=SecretStr("hunter3-hunter3"))


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_weak_secret_is_refused(environment: str, variables: SetVariables) -> None:
    variables(
        SHOP_ENVIRONMENT=environment,
        SHOP_SECRET_KEY="change-me-" * 4,
        SHOP_BLOB="x1y2",
        SHOP_PAGE_SIZE="0",
    )
    place = "(in the environment)"
    assert problems_of(Secrets) == [
        f"SHOP_SECRET_KEY {place} is a placeholder.",
        f"SHOP_PAGE_SIZE {place}: Input should be greater than or equal to 1.",
        "SHOP_SMTP is the default of the program, which is no secret.",
        f"SHOP_BLOB {place} is too short: it needs at least 8 characters.",
        "SHOP_MAIL__PASSWORD is the default of the program, which is no secret.",
    ]


@pytest.mark.parametrize("environment", ["development", "test"])
def test_a_weak_secret_is_good_enough_here(environment: str, variables: SetVariables) -> None:
    variables(SHOP_ENVIRONMENT=environment, SHOP_SECRET_KEY="change-me")
    assert Secrets().secret_key.get_secret_value() == "change-me"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("k" * 40, "repeats the same characters"),
        (KEY[:31], "is too short: it needs at least 32 characters"),
        ("CHANGE_ME", "is a placeholder"),
        ("your-secret-key-goes-here-and-is-long", "is a placeholder"),
        ("<secret>", "is a placeholder"),
    ],
)
def test_what_is_no_secret(value: str, problem: str) -> None:
    problems = problems_of(environment="production", secret_key=value)
    assert problems == [f"SHOP_SECRET_KEY {problem}."]


def test_a_default_key_is_refused_although_it_is_set(variables: SetVariables) -> None:
    class Default(Settings):
        secret_key: Secret = SecretStr(KEY)

    variables(PRODUCTION)
    assert problems_of(Default) == [
        "SHOP_SECRET_KEY (in the environment) is the default of the program, which is no secret."
    ]
    assert Settings().secret_key.get_secret_value() == KEY


# --- problems -----------------------------------------------------------------------------------


def test_all_problems_are_one_error(folder: Path, variables: SetVariables) -> None:
    (folder / ".env").write_text("SHOP_PAGE_SIZ=3\nSHOP_PAGE_SIZE=many-hunter2\n")
    variables(SHOP_ENVIRONMENT="production", SHOP_ORIGINS="hunter2")
    with pytest.raises(SettingsError) as caught:
        Settings(pagesize=1)
    error = caught.value
    assert str(error) == (
        "Settings has 5 problems:\n"
        "  - SHOP_SECRET_KEY is missing: set it, or SHOP_SECRET_KEY_FILE to the path of a file.\n"
        "  - SHOP_PAGE_SIZE (in .env.production or .env): Input should be a valid integer, "
        "unable to parse string as an integer.\n"
        "  - SHOP_ORIGINS (in the environment): Input should be a valid list, written as JSON.\n"
        "  - SHOP_PAGE_SIZ in .env.production or .env is no setting: did you mean SHOP_PAGE_SIZE?\n"
        "  - Settings(pagesize=...) sets no field: did you mean page_size?\n"
        "  Looked in: the environment, .env.production (absent), .env, /run/secrets/ (absent)"
    )
    assert isinstance(error, SetupError)
    assert "hunter2" not in "".join(map(repr, (error, error.__cause__)))
    assert error.__context__ is None


def test_a_missing_secret_file(variables: SetVariables) -> None:
    variables(SHOP_SECRET_KEY_FILE="/proc")
    assert problems_of() == [
        "SHOP_SECRET_KEY_FILE names the file /proc, which cannot be read: Is a directory."
    ]


def test_a_value_and_a_file(folder: Path, variables: SetVariables) -> None:
    (folder / "key").write_text(KEY)
    variables(PRODUCTION, SHOP_SECRET_KEY_FILE="key")
    assert problems_of() == [
        "SHOP_SECRET_KEY and SHOP_SECRET_KEY_FILE are both set: remove one of them."
    ]


def test_a_wrong_environment(variables: SetVariables) -> None:
    class Two(Settings):
        environment: Literal["development", "production"] = "development"

    variables(SHOP_ENVIRONMENT="../prod")
    assert problems_of(Two)[0] == (
        "SHOP_ENVIRONMENT (in the environment): Input should be 'development' or 'production'."
    )


def test_a_validator_of_the_program() -> None:
    class Checked(Settings):
        @model_validator(mode="after")
        def check(self) -> Checked:
            if self.page_size == 13:
                raise ValueError("13 brings bad luck")
            return self

    assert problems_of(Checked, page_size=13) == ["13 brings bad luck"]


def test_a_file_that_cannot_be_read(folder: Path) -> None:
    (folder / ".env").write_bytes(b"SHOP_PAGE_SIZE=\xff\n")
    assert problems_of() == ["A file with settings is not UTF-8 text."]


# --- printing -----------------------------------------------------------------------------------


class Printed(Settings):
    database_url: PostgresDsn = PostgresDsn("postgresql://shop:hunter2@db/shop")
    replicas: list[str] = ["postgresql://shop:hunter2@r1/shop"]
    redis: str = "redis://:hunter2@redis/0"
    plain: str = "https://shop.example.com/a:b@c"
    api_token: str = "hunter2"
    slashes: str = "postgresql://shop:x/hunter2#?@db/shop"
    signing_key: str = "hunter2"
    jwt_secret_key: str = "hunter2"
    hosts: str = "mongodb://a:hunter2@one,b:hunter2@two/db?password=hunter2&x=1"
    mail: Mail = Mail(password=SecretStr("hunter2"))


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        lambda one: repr(one.model_dump()),
        lambda one: one.model_dump_json(),
        lambda one: repr(list(one.__rich_repr__())),
        lambda one: f"{[one]}",
    ],
)
def test_secrets_are_not_printed(show: Callable[[Any], str]) -> None:
    text = show(Printed(secret_key=SecretStr("hunter2")))
    assert "hunter2" not in text
    assert "postgresql://shop:**********@db/shop" in text
    assert "redis://:**********@redis/0" in text
    assert "https://shop.example.com/a:b@c" in text


def test_the_values_stay_what_they_are() -> None:
    settings = Printed(secret_key=SecretStr("hunter2"))
    for copy in (settings, pickle.loads(pickle.dumps(settings)), settings.model_copy()):
        assert copy == settings
        assert copy.secret_key.get_secret_value() == copy.api_token == "hunter2"
        assert str(copy.database_url) == "postgresql://shop:hunter2@db/shop"


def test_settings_cannot_be_changed() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.page_size = 3
    assert hash(settings.secret_key)


# --- in a program -------------------------------------------------------------------------------


@pytest.fixture
def forget() -> Iterator[None]:
    yield
    Settings.forget()


def test_load_reads_once(variables: SetVariables, forget: None) -> None:
    variables(SHOP_PAGE_SIZE="3")
    first = Settings.load()
    variables(SHOP_PAGE_SIZE="4")
    assert Settings.load() is first
    Settings.forget()
    assert Settings.load().page_size == 4
    assert first.page_size == 3


def test_settings_for_tests_depend_on_nothing(folder: Path, variables: SetVariables) -> None:
    variables(PRODUCTION, SHOP_PAGE_SIZE="3", SHOP_ORIGINS_FILE="/nowhere")
    (folder / ".env").write_text("SHOP_PAGE_SIZE=4\n")
    settings = Settings.for_tests(origins=["https://a.example"])
    assert (settings.environment, settings.page_size) == ("test", 20)
    assert settings.origins == ["https://a.example"]
    assert settings.secret_key.get_secret_value() != KEY
    with pytest.raises(SettingsError, match="SHOP_PAGE_SIZE: Input should be"):
        Settings.for_tests(page_size=0)


@pytest.mark.parametrize("scope", ["function", "request", "app"])
def test_settings_are_a_dependency(scope: Any, variables: SetVariables, forget: None) -> None:
    variables(SHOP_PAGE_SIZE="3")
    app = FastAPI()

    @app.get("/default")
    async def read(settings: Settings = Depends(Settings.load, scope=scope)) -> int:
        return settings.page_size

    with TestClient(app) as client:
        assert client.get("/default").json() == 3
    app.dependency_overrides[Settings.load] = lambda: Settings(page_size=5)
    with TestClient(app) as client:
        assert client.get("/default").json() == 5
