"""A program with one mistake."""

from pronghorn import FastAPI
from pronghorn.responses import JSONResponse


async def handle() -> JSONResponse:
    return JSONResponse({})


app = FastAPI()
app.add_exception_handler(ValueError, handle)  # wrong
