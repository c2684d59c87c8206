"""Many routers, and middleware around one route."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware

ROUTERS = 300


def many_routers() -> FastAPI:
    """Make an application that includes 300 routers of one route each."""
    app = FastAPI()
    for number in range(ROUTERS):
        router = APIRouter(prefix=f"/resource{number}", tags=[f"resource{number}"])

        @router.get("/{item_id}")
        async def read_item(item_id: int):
            return {"item_id": item_id}

        app.include_router(router)
    return app


def cors() -> FastAPI:
    """Make an application behind CORS."""
    app = FastAPI()
    app.add_middleware(
        CORSMiddleware, allow_origins=["https://shop.example"], allow_credentials=True
    )

    @app.get("/items/{item_id}")
    async def read_item(item_id: int):
        return {"item_id": item_id}

    return app


def cors_and_middleware() -> FastAPI:
    """Make an application behind CORS and a function of its own."""
    app = cors()

    @app.middleware("http")
    async def add_version(request: Request, call_next):
        response = await call_next(request)
        response.headers["x-version"] = "7"
        return response

    return app
