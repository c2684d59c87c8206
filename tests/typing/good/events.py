"""Functions at startup and shutdown, in the older ways."""

from pronghorn import APIRouter, FastAPI


async def open_all() -> None: ...


def close_all() -> None: ...


app = FastAPI(on_startup=[open_all], on_shutdown=[close_all])
router = APIRouter(on_startup=[open_all])
router.add_event_handler("shutdown", close_all)
