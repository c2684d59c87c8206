from pronghorn import APIRouter

outer, inner = APIRouter(), APIRouter()
outer.include_router(inner, prefix="/inner")
inner.include_router(outer, prefix="/outer")
