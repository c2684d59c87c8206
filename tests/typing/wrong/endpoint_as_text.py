"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()
app.add_api_route("/items", "read_items")  # wrong
