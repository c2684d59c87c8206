from collections.abc import Iterator
from contextlib import contextmanager

from pronghorn import FastAPI


@contextmanager
def lifespan(app: FastAPI) -> Iterator[None]:
    yield


app = FastAPI(lifespan=lifespan)
