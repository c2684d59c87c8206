"""All public names at once."""

from pronghorn import *  # noqa: F403

app = FastAPI()  # noqa: F405


@app.get("/items/{item_id}")
def read_item(item_id: int = Path(ge=1), q: str = Query("")) -> str:  # noqa: F405
    if not q:
        raise HTTPException(404)  # noqa: F405
    return q * item_id
