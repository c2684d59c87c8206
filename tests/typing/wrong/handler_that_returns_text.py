"""A program with one mistake."""

from pronghorn import FastAPI, Request


def handle(request: Request, error: Exception) -> str:
    return str(error)


app = FastAPI()
app.add_exception_handler(404, handle)  # wrong
