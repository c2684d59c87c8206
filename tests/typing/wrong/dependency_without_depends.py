"""A program with one mistake."""

from pronghorn import FastAPI


def check() -> None: ...


app = FastAPI()
app.add_api_route("/items", check, dependencies=[check])  # wrong
