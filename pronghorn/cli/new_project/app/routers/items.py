"""Items over HTTP."""

from typing import Annotated

from pronghorn import APIRouter, Path, Request, status
from pronghorn.responses import JSONResponse
from pronghorn.sql import Cursor, Keyset, Page
from sqlalchemy import select

from app.core.config import settings
from app.core.database import ReadSession, Session
from app.models import Item
from app.schemas.items import ItemIn, ItemOut
from app.services import items

router = APIRouter(prefix="/items", tags=["items"])

ItemId = Annotated[int, Path(ge=1, le=2**31 - 1)]
ItemPage = Annotated[Cursor, Keyset(Item.id.asc(), limit=50, key=settings.secret_key)]


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_item(form: ItemIn, session: Session) -> ItemOut:
    """Add an item. Two items cannot have the same name."""
    return ItemOut.model_validate(await items.add(session, form))


@router.get("")
async def list_items(session: ReadSession, page: ItemPage) -> Page[ItemOut]:
    """Return items in the order in which they were added, one page at a time."""
    return await page.of(session, select(Item))


@router.get("/{item_id}")
async def read_item(item_id: ItemId, session: ReadSession) -> ItemOut:
    """Return one item."""
    return ItemOut.model_validate(await items.find(session, item_id))


@router.put("/{item_id}")
async def change_item(item_id: ItemId, form: ItemIn, session: Session) -> ItemOut:
    """Replace all fields of an item."""
    return ItemOut.model_validate(await items.change(session, item_id, form))


@router.delete("/{item_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_item(item_id: ItemId, session: Session) -> None:
    """Delete an item."""
    await items.remove(session, item_id)


async def answer_not_found(request: Request, error: Exception) -> JSONResponse:
    """Answer 404 for an item that does not exist."""
    return JSONResponse({"detail": "There is no such item"}, status.HTTP_404_NOT_FOUND)
