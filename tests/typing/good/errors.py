"""Handlers of errors in each form."""

from pronghorn import FastAPI, HTTPException, Request
from pronghorn.exception_handlers import http_exception_handler
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse, Response


class OutOfStock(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


async def handle_404(request: Request, error: Exception) -> Response:
    return JSONResponse({"path": request.url.path}, status_code=404)


def handle_value_error(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


app = FastAPI(exception_handlers={404: handle_404})
app.add_exception_handler(ValueError, handle_value_error)
app.add_exception_handler(409, handle_404)


@app.exception_handler(OutOfStock)
async def handle_out_of_stock(request: Request, error: OutOfStock) -> JSONResponse:
    return JSONResponse({"name": error.name}, status_code=409)


@app.exception_handler(RequestValidationError)
async def handle_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    return JSONResponse({"errors": error.errors(), "body": error.body}, 422)


@app.exception_handler(HTTPException)
async def handle_http(request: Request, error: HTTPException) -> Response:
    return await http_exception_handler(request, error)


@app.get("/")
def read_root() -> None:
    raise HTTPException(status_code=418, detail={"kind": "teapot"}, headers={"X-Kind": "tea"})
