"""A program with one mistake."""

from pronghorn import FastAPI


def name_route(name: str) -> str:
    return name.upper()


app = FastAPI(generate_unique_id_function=name_route)  # wrong
