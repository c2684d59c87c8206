"""A program with one mistake."""

from pronghorn import APIRouter

router = APIRouter()


@router.get("/items/{item_id}")
def read_item(item_id: int) -> int:
    return item_id


name: str = read_item(1)  # wrong
