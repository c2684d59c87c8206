"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()
app.mount("/items", 5)  # wrong
