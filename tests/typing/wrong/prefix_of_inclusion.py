"""A program with one mistake."""

from pronghorn import APIRouter, FastAPI

app = FastAPI()
app.include_router(APIRouter(), prefix=["/items"])  # wrong
