"""A program with one mistake."""

from pronghorn import FastAPI


def get_name() -> str:
    return "a"


app = FastAPI()
app.dependency_overrides[get_name] = "b"  # wrong
