from collections.abc import AsyncIterator

from pronghorn import FastAPI


async def lifespan(app: object) -> AsyncIterator[None]:
    yield


app = FastAPI(lifespan=lifespan(None))
