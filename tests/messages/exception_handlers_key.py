from pronghorn import FastAPI, Request


async def failed(request: Request, error: Exception) -> None: ...


app = FastAPI(exception_handlers={ValueError("x"): failed})
