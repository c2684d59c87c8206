from pronghorn import APIRouter

router = APIRouter()


@router.get("/items", tags="items")
async def read_items() -> list[str]:
    return []
