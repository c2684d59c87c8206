from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pronghorn import FastAPI


@asynccontextmanager
async def lifespan() -> AsyncIterator[None]:
    yield


app = FastAPI(lifespan=lifespan)
