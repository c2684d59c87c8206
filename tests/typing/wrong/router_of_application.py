"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()
app.router.prefix = 5  # wrong
