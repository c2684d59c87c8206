"""A program with one mistake."""

from pronghorn import FastAPI


async def lifespan(app: FastAPI) -> None: ...


app = FastAPI(lifespan=lifespan)  # wrong
