from pronghorn import APIRouter

router = APIRouter(prefix="/shop")


@router.post
async def create_item() -> None: ...
