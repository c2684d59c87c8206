"""Values as JSON."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from pronghorn import FastAPI
from pronghorn.encoders import jsonable_encoder
from pronghorn.responses import JSONResponse

app = FastAPI()


class Item(BaseModel):
    at: datetime | None = None


@app.put("/items/{item_id}")
def replace_item(item_id: str, item: Item) -> JSONResponse:
    encoded: Any = jsonable_encoder(
        item, exclude_unset=True, by_alias=False, include={"at"}, custom_encoder={bytes: str}
    )
    return JSONResponse(content=encoded)
