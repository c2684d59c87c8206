from pronghorn import APIRouter

router = APIRouter(prefix="/items", timeout="30")
