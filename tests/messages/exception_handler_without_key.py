from pronghorn import FastAPI, Request

app = FastAPI()


@app.exception_handler
async def not_found(request: Request, error: Exception) -> None: ...
