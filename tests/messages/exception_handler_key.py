from pronghorn import FastAPI, Request

app = FastAPI()


@app.exception_handler("404")
async def not_found(request: Request, error: Exception) -> None: ...
