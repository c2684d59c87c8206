"""The options that FastAPI has, too, and those that it does not have."""

from typing import Any

from pronghorn.core.typed_kwargs import option_defaults

#: Options that FastAPI does not have: methods of programs that override ours get them if written.
OURS = ("max_json_size", "timeout", "on_disconnect", "websocket_origins", "cache")


def list_known_defaults(options_type: type) -> dict[str, Any]:
    """Return the default of each option that FastAPI has, too."""
    return {key: each for key, each in option_defaults(options_type).items() if key not in OURS}
