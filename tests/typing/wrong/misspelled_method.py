"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()
app.add_midleware(str)  # wrong
