from pronghorn import APIRouter

router = APIRouter(prefix="/items", tags="items")
