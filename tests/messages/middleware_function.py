from pronghorn import FastAPI, Request

app = FastAPI()


async def add_header(request: Request, call_next: object) -> None: ...


app.add_middleware(add_header)
