"""Names for HTTP status codes and websocket close codes: ``status.HTTP_404_NOT_FOUND``."""

from typing import TYPE_CHECKING, Any

from starlette import status as _status

from pronghorn.incidental import find_elsewhere

if TYPE_CHECKING:
    from starlette.status import *  # noqa: F403 - so that editors complete the names
else:  # A type checker that sees these functions takes every name for a right one.

    def __getattr__(name: str) -> Any:
        return getattr(_status, name)

    def __dir__() -> list[str]:
        return dir(_status)


find_elsewhere(__name__)
