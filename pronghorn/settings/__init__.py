"""Settings: a base class over pydantic-settings. It needs the extra `settings`."""
