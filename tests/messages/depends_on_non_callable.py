from pronghorn import Depends, FastAPI

app = FastAPI()


def get_session() -> str:
    return "session"


@app.get("/items", dependencies=[Depends(get_session())])
async def read_items() -> list[str]:
    return []
