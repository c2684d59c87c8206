"""One reading of the settings: the places that are looked in, and what is wrong there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import (
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
)

from pronghorn.core.setup_errors import did_you_mean
from pronghorn.settings.secret import HARMLESS, is_key, make_secret

#: The end of the name of a variable that has the path of a file with the value.
FILE = "_FILE"


class Reading:
    """The places that one call of a settings class has read, and their problems.

    Attributes:
        looked: The places, in order of precedence.
        problems: What is wrong beside the values.
        origins: The place of each variable that is set, by its name in upper case.
        environment: The environment, before it is checked; empty before the places are read.
        made: The secrets that were made, by their fields.
    """

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.problems: list[str] = []
        self.origins: dict[str, str] = {}
        self.environment = ""
        self.made: dict[str, str] = {}

    def note(self, names: Mapping[str, Any], place: str) -> None:
        """Note that variables are set in a place; an earlier place has precedence."""
        for name in names:
            self.origins.setdefault(name.upper(), place)


reading: ContextVar[Reading] = ContextVar("reading")
#: True while settings are made from arguments and defaults only.
is_isolated: ContextVar[bool] = ContextVar("is_isolated", default=False)


def variables_of(settings: type[BaseModel], name: str) -> list[str]:
    """Return the environment variables that set a field, in upper case."""
    alias = settings.model_fields[name].validation_alias
    if alias is None:
        return [(str(settings.model_config.get("env_prefix") or "") + name).upper()]
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    names = [choice.path[0] if isinstance(choice, AliasPath) else choice for choice in choices]
    return list(dict.fromkeys(str(one).upper() for one in names))


def choose_sources(
    settings: Any,
    init: InitSettingsSource,
    env: EnvSettingsSource,
    dotenv: DotEnvSettingsSource,
    mounted: SecretsSettingsSource,
) -> tuple[PydanticBaseSettingsSource, ...]:
    """Return the sources of a settings class, in order of precedence."""
    found = reading.get()
    if is_isolated.get():
        given = init.init_kwargs.get("environment", settings.model_fields["environment"].default)
        found.environment = str(given)
        return init, MadeSecrets(settings, found.environment)
    found.looked.append("the environment")
    found.note(env.env_vars, "the environment")
    environment = found.environment = find_environment(settings, init, env, dotenv, mounted)
    dotenv = _with_environment(settings, dotenv, environment)
    for source in (env, dotenv, mounted):
        _decode_later(source)
    refuse_unknown_names(settings, dotenv, found)
    mounted.secrets_dir = _existing_folders(mounted.secrets_dir, found)
    return (
        init,
        env,
        FileVariables(settings, env, env.env_vars),
        dotenv,
        FileVariables(settings, dotenv, dotenv.env_vars),
        mounted,
        MadeSecrets(settings, environment),
    )


def find_environment(
    settings: type[BaseModel],
    init: InitSettingsSource,
    env: EnvSettingsSource,
    dotenv: DotEnvSettingsSource,
    mounted: SecretsSettingsSource,
) -> str:
    """Return the environment, which decides on the second `.env` file and on secrets."""
    given = init.init_kwargs.get("environment")
    variables = variables_of(settings, "environment")
    for names in (env.env_vars, dotenv.env_vars):
        upper = {name.upper(): value for name, value in names.items()}
        for variable in variables:
            given = given or upper.get(variable) or _text_of(upper.get(variable + FILE))
    for folder in reversed(_folders(mounted.secrets_dir)):
        for variable in variables:
            given = given or _text_of(folder / variable) or _text_of(folder / variable.lower())
    return str(given or settings.model_fields["environment"].default)


def _text_of(path: str | Path | None) -> str | None:
    """Return the text of a file; None without one, of which others tell if it matters."""
    with suppress(OSError, ValueError):
        return Path(path).read_text("utf-8").strip() if path else None
    return None


def _with_environment(
    settings: Any, dotenv: DotEnvSettingsSource, environment: str
) -> DotEnvSettingsSource:
    """Return the source of `.env`, and after it `.env.production` or so."""
    found, given = reading.get(), dotenv.env_file
    if given is None:
        return dotenv
    files = [given] if isinstance(given, (str, os.PathLike)) else list(given)
    if environment.isidentifier():  # Anything else is an error, which comes later.
        files += [Path(f"{os.fspath(file)}.{environment}") for file in files]
    combined = DotEnvSettingsSource(
        settings,
        env_file=files,
        env_file_encoding=dotenv.env_file_encoding,
        case_sensitive=dotenv.case_sensitive,
        env_prefix=dotenv.env_prefix,
        env_nested_delimiter=dotenv.env_nested_delimiter,
        env_ignore_empty=dotenv.env_ignore_empty,
        env_parse_none_str=dotenv.env_parse_none_str,
    )
    names = [str(file) + ("" if Path(file).is_file() else " (absent)") for file in reversed(files)]
    found.looked += names
    found.note(combined.env_vars, " or ".join(str(file) for file in reversed(files)))
    return combined


def _decode_later(source: PydanticBaseSettingsSource) -> None:
    """Leave text that is not JSON to the validation, which reports it with all other problems."""
    decode = source.decode_complex_value

    def decode_leniently(field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return decode(field_name, field, value)
        except ValueError:
            return value

    vars(source)["decode_complex_value"] = decode_leniently


def _folders(given: Any) -> list[Path]:
    """Return the folders that `secrets_dir` names."""
    one_or_more = [given] if isinstance(given, (str, os.PathLike)) else given or ()
    return [Path(one).expanduser() for one in one_or_more]


def _existing_folders(given: Any, found: Reading) -> list[Path] | None:
    folders = _folders(given)
    found.looked += [
        f"{folder}/" + ("" if Path(folder).is_dir() else " (absent)") for folder in folders
    ]
    return [folder for folder in folders if folder.is_dir()] or None


def refuse_unknown_names(settings: Any, dotenv: DotEnvSettingsSource, found: Reading) -> None:
    """Report names in `.env` that begin with the prefix of the settings and set nothing."""
    prefix = dotenv.env_prefix.upper()
    if not prefix or settings.model_config.get("extra") == "allow":
        return
    known = [name for field in settings.model_fields for name in variables_of(settings, field)]
    nested = tuple(f"{name}{dotenv.env_nested_delimiter}" for name in known)
    for name in dotenv.env_vars:
        upper = name.upper()
        bare = upper.removesuffix(FILE)
        if not upper.startswith(prefix) or upper in known or bare in known:
            continue
        if dotenv.env_nested_delimiter and upper.startswith(nested):
            continue
        similar = did_you_mean(upper, known)
        hint = f"did you mean {similar}?" if similar else "remove it, or declare the setting."
        found.problems.append(f"{upper} in {found.origins[upper]} is no setting: {hint}")


class FileVariables(PydanticBaseSettingsSource):
    """Values in files that variables name: `SHOP_SECRET_KEY_FILE=/run/secrets/key`.

    Args:
        settings: The settings class.
        source: The source of the variables.
        names: The variables.
    """

    def __init__(self, settings: Any, source: EnvSettingsSource, names: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._names = dict(names)
        self._source = source

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the value of one field."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        before = self._source.env_vars
        try:
            self._source.env_vars = dict(self._read_files())
            return self._source() if self._source.env_vars else {}
        finally:
            self._source.env_vars = before

    def _read_files(self) -> Iterator[tuple[str, str]]:
        known = {
            name
            for field in self.settings_cls.model_fields
            for name in variables_of(self.settings_cls, field)
        }
        delimiter = self._source.env_nested_delimiter
        nested = tuple(f"{name}{delimiter}" for name in known) if delimiter else ()
        for name, path in self._names.items():
            upper = name.upper()
            bare = upper.removesuffix(FILE)
            if bare == upper or upper in known or not path:
                continue
            if bare not in known and not bare.startswith(nested):
                continue
            text = self._read(upper, bare, path)
            if text is not None:
                yield name[: -len(FILE)], text

    def _read(self, variable: str, bare: str, path: str) -> str | None:
        found = reading.get()
        if bare in found.origins and found.origins[bare] == found.origins.get(variable):
            found.problems.append(f"{bare} and {variable} are both set: remove one of them.")
            return None
        try:
            text = Path(path).read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            found.problems.append(
                f"{variable} names the file {path}, which cannot be read: {reason}."
            )
            return None
        found.note({bare: text}, f"the file that {variable} names")
        return text


class MadeSecrets(PydanticBaseSettingsSource):
    """Secrets for development and tests, in place of those that are not set.

    Args:
        settings: The settings class.
        environment: The environment.
    """

    def __init__(self, settings: Any, environment: str) -> None:
        super().__init__(settings)
        self._environment = environment

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the value of one field."""
        variable = variables_of(self.settings_cls, field_name)[0]
        folder: Path = self.settings_cls.development_secrets  # type: ignore[attr-defined]  # ours
        made = make_secret(folder, variable, self._environment)
        reading.get().made[field_name] = made
        return made, field_name, False

    def __call__(self) -> dict[str, Any]:
        if self._environment not in HARMLESS:
            return {}
        known = {name.upper() for name in self.current_state}
        found = {}
        for name, field in self.settings_cls.model_fields.items():
            names = {name.upper(), *variables_of(self.settings_cls, name)}
            key = _key_of(field, name)
            if key and is_key(field) and field.is_required() and not names & known:
                found[key] = self.get_field_value(field, name)[0]
        return found


def _key_of(field: FieldInfo, name: str) -> str | None:
    """Return the name by which the validation finds a field; None if it is inside another value."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return next((choice for choice in alias.choices if isinstance(choice, str)), None)
    return None if isinstance(alias, AliasPath) else alias or name
