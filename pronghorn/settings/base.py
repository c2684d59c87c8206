"""The base class of a program's settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar, Literal, Self, get_args

import pydantic_settings
from pydantic import (
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import PydanticBaseSettingsSource, SettingsConfigDict

from pronghorn.settings.errors import settings_error
from pronghorn.settings.masking import mask_dump, show
from pronghorn.settings.problems import (
    WEAK,
    describe_missing,
    describe_problems,
    describe_unreadable,
    describe_weakness,
    find_unknown_arguments,
)
from pronghorn.settings.reading import Reading, choose_sources, is_isolated, reading, variables_of
from pronghorn.settings.secret import HARMLESS, find_weaknesses, value_of

Environment = Literal["development", "test", "staging", "production"]


class BaseSettings(pydantic_settings.BaseSettings):
    """Settings of a program, read from the environment and checked when the program starts.

    Each field is read from the first of these places that has it: an argument; the environment
    variable, such as `SHOP_PAGE_SIZE`; the file that `SHOP_PAGE_SIZE_FILE` names;
    `.env.production`, by the environment; `.env`; a file in `/run/secrets`; the default.

    Outside of development and tests, a secret that is missing, too short, a placeholder or the
    default of the program is an error. All problems are one error, which names the variables and no
    value.

    Printing, `repr` and `model_dump` mask secrets, and passwords in URLs.

    Raises:
        SettingsError: A setting is missing or cannot be used.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        secrets_dir="/run/secrets",
    )

    development_secrets: ClassVar[Path] = Path(".pronghorn/secrets")
    """The folder of the secrets that are made in development; git ignores it."""

    environment: Environment = "development"

    def __init__(self, **values: Any) -> None:
        found = Reading()
        token = reading.set(found)
        problems: list[str] = []
        try:
            super().__init__(**values)
        except ValidationError as error:
            problems = list(describe_problems(type(self), error, found))
        except (OSError, UnicodeError, pydantic_settings.SettingsError) as error:
            problems = [describe_unreadable(error)]
        finally:
            reading.reset(token)
        problems += [*found.problems, *find_unknown_arguments(type(self), values)]
        if problems:
            raise settings_error(type(self).__name__, problems, found.looked)

    @classmethod
    def load(cls) -> Self:
        """Return the settings of the environment, which the first call in a process reads.

        It is a dependency: `Annotated[Settings, Depends(Settings.load)]`. Type checkers accept it
        also if the class has fields without a default.
        """
        with _lock:
            if cls not in _loaded:
                _loaded[cls] = cls()
            found: Self = _loaded[cls]
            return found

    @classmethod
    def for_tests(cls, **values: Any) -> Self:
        """Return settings that depend on neither variables nor files.

        Args:
            **values: The fields that differ from their defaults. The environment is "test", and
                each `Secret` that is not given is made.

        Raises:
            SettingsError: A value cannot be used, or one without a default is missing.
        """
        if "test" in get_args(cls.model_fields["environment"].annotation):
            values.setdefault("environment", "test")
        token = is_isolated.set(True)
        try:
            return cls(**values)
        finally:
            is_isolated.reset(token)

    @classmethod
    def forget(cls) -> None:
        """Let the next call of `load` read the environment again."""
        with _lock:
            _loaded.pop(cls, None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[pydantic_settings.BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, in order of precedence."""
        sources: Any = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return choose_sources(settings_cls, *sources)

    @field_validator("*")
    @classmethod
    def _refuse_weak_secrets(cls, value: Any, info: ValidationInfo) -> Any:
        name, found = info.field_name, reading.get(None) or Reading()
        # The field may come before that of the environment, if its class does.
        if name is None or info.data.get("environment", found.environment) in HARMLESS:
            return value
        if value_of(value) in found.made.values():  # The environment was in a source of a program.
            sentences = [describe_missing(variables_of(cls, name))]
        else:
            weaknesses = find_weaknesses(cls.model_fields[name], value, (name,))
            sentences = [describe_weakness(cls, *weakness) for weakness in weaknesses]
        if sentences:
            raise PydanticCustomError(WEAK, "{text}", {"text": "\n".join(sentences)})
        return value

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, show(name or "", value)

    @model_serializer(mode="wrap")
    def _dump_masked(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        masked: dict[str, Any] = mask_dump(handler(self))
        return masked


_loaded: dict[type[BaseSettings], Any] = {}
#: Threads may load settings at once; a default factory may load others.
_lock = RLock()
