"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI(generate_unique_id_function=lambda route: route.nmae)  # wrong
