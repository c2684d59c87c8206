"""A program with one mistake."""

from pronghorn import FastAPI, Request
from pronghorn.responses import JSONResponse

app = FastAPI()


@app.exception_handler("404")  # wrong
def handle(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({})
