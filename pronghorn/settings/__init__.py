"""Settings: a base class over pydantic-settings. It needs the extra `settings`.

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")

    secret_key: Secret
    page_size: int = 20
"""

from pydantic_settings import SettingsConfigDict as SettingsConfigDict

from pronghorn.settings.base import BaseSettings as BaseSettings
from pronghorn.settings.base import Environment as Environment
from pronghorn.settings.errors import SettingsError as SettingsError
from pronghorn.settings.secret import Secret as Secret
