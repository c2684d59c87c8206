"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI(exception_handlers={404: "not_found.html"})  # wrong
