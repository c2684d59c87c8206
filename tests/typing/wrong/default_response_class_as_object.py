"""A program with one mistake."""

from pronghorn import FastAPI
from pronghorn.responses import JSONResponse

app = FastAPI(default_response_class=JSONResponse({}))  # wrong
