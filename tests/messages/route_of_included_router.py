from pronghorn import APIRouter, Depends, FastAPI

app = FastAPI()
router = APIRouter(prefix="/items")


@router.get("/{item_id}")
async def read_item(item_id: int) -> int:
    return item_id


def get_user(user: 1) -> str:
    return user


app.include_router(router, dependencies=[Depends(get_user)])
app.openapi()
