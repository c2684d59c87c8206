from enum import StrEnum

from pronghorn import APIRouter, FastAPI


class Tag(StrEnum):
    ITEMS = "items"


app = FastAPI()
app.include_router(APIRouter(), tags=Tag.ITEMS)
