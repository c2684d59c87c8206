from pronghorn import APIRouter, FastAPI

app = FastAPI()
router = APIRouter()


@router.get("")
async def read_items() -> list[str]:
    return []


app.include_router(router)
