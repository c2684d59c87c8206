"""A program with one mistake."""

from pronghorn import FastAPI


def start() -> None: ...


app = FastAPI(on_startup=start)  # wrong
