"""Settings: everything that differs between one machine and another."""

from pronghorn.settings import BaseSettings, Secret
from pydantic_settings import SettingsConfigDict


class Settings(BaseSettings):
    """One field for each variable, such as `{{ prefix }}_DATABASE_URL`.

    What is missing or cannot be used stops the program at startup, with the name of the variable.
    """

    model_config = SettingsConfigDict(env_prefix="{{ prefix }}_")

    database_url: str = "{{ database_url }}"
    secret_key: Secret
    """Signs the cursors of pages. Required in production, and made for this machine otherwise."""


settings = Settings.load()
