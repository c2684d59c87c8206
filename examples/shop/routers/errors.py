"""Errors on their way out: which status code each becomes, and what clients get to read."""

from __future__ import annotations

from pronghorn import FastAPI, Request, status
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse
from shop.services.errors import (
    ItemNotFound,
    NotTheSeller,
    NotYourItem,
    OrderNotFound,
    ShopError,
    WrongCredentials,
    WrongState,
)

STATUS_CODES: dict[type[ShopError], int] = {
    ItemNotFound: status.HTTP_404_NOT_FOUND,
    NotYourItem: status.HTTP_403_FORBIDDEN,
    WrongCredentials: status.HTTP_401_UNAUTHORIZED,
    OrderNotFound: status.HTTP_404_NOT_FOUND,
    NotTheSeller: status.HTTP_403_FORBIDDEN,
    WrongState: status.HTTP_409_CONFLICT,
}


async def answer_shop_error(request: Request, error: Exception) -> JSONResponse:
    """Turn an error of a service into a response."""
    code = next(code for kind, code in STATUS_CODES.items() if isinstance(error, kind))
    # A 401 has to say how to authenticate (RFC 9110 section 11.6.1).
    headers = {"WWW-Authenticate": "Bearer"} if code == status.HTTP_401_UNAUTHORIZED else None
    return JSONResponse({"detail": str(error)}, status_code=code, headers=headers)


async def answer_invalid_request(request: Request, error: Exception) -> JSONResponse:
    """Say what is wrong with a request, without repeating it.

    The usual answer echoes the submitted values, and one of them may be a password.
    """
    if not isinstance(error, RequestValidationError):
        raise error
    detail = [{key: found[key] for key in ("type", "loc", "msg")} for found in error.errors()]
    return JSONResponse({"detail": detail}, status_code=status.HTTP_422_UNPROCESSABLE_CONTENT)


def add_error_handlers(app: FastAPI) -> None:
    """Register the two handlers above."""
    app.add_exception_handler(ShopError, answer_shop_error)
    app.add_exception_handler(RequestValidationError, answer_invalid_request)
