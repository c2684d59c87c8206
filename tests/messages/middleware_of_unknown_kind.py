from pronghorn import FastAPI

app = FastAPI()


@app.middleware("https")
async def add_header(request: object, call_next: object) -> None: ...
