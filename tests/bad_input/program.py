"""One program with every kind of parameter, for FastAPI and for pronghorn."""

import datetime
import decimal
import enum
import importlib
import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    name: str
    price: float = Field(default=1.0, ge=0)
    count: int = 0
    when: datetime.datetime | None = None
    extra: dict[str, Any] = {}


class Node(BaseModel):
    children: "list[Node]" = []


class Page(BaseModel):
    model_config = {"extra": "forbid"}

    limit: int = Field(default=10, le=100)
    order: Literal["up", "down"] = "up"


class Login(BaseModel):
    name: str
    age: int


def build(engine: str, **options: Any) -> Any:
    """The application on one engine: "fastapi" or "pronghorn"."""
    module: Any = importlib.import_module(engine)
    app = module.FastAPI(**options)
    for add in (_paths, _queries, _headers, _bodies, _forms, _security):
        add(app, module, importlib.import_module(f"{engine}.security"))
    return app


def _paths(app: Any, module: Any, security: Any) -> None:
    @app.get("/path/int/{number}")
    async def read_int(number: int) -> int:
        return number

    @app.get("/path/convertor/{number:int}")
    async def read_convertor(number: int) -> int:
        return number

    @app.get("/path/rest/{rest:path}")
    async def read_rest(rest: str) -> str:
        return rest

    @app.get("/path/text/{word}")
    async def read_word(word: str) -> str:
        return word

    @app.get("/path/many/{a}/{b}/{c}/{d}/{e}")
    async def read_many(
        a: uuid.UUID, b: datetime.date, c: decimal.Decimal, d: bool, e: Colour
    ) -> str:
        return f"{a} {b} {c} {d} {e}"


def _queries(app: Any, module: Any, security: Any) -> None:
    @app.get("/query/single")
    async def read_single(
        number: int,
        ratio: float = 0.5,
        text: Annotated[str, module.Query(max_length=20)] = "",
        flag: bool = False,
        day: datetime.datetime | None = None,
    ) -> dict[str, Any]:
        return {"number": number, "ratio": ratio, "text": text, "flag": flag, "day": day}

    @app.get("/query/list")
    async def read_list(tags: Annotated[list[str], module.Query()], n: int = 1) -> int:
        return len(tags) + n

    @app.get("/query/model")
    def read_page(page: Annotated[Page, module.Query()]) -> Page:
        return page


def _headers(app: Any, module: Any, security: Any) -> None:
    @app.get("/headers")
    async def read_headers(
        x_number: Annotated[int, module.Header()],
        x_word: Annotated[list[str] | None, module.Header()] = None,
        user_agent: Annotated[str | None, module.Header()] = None,
    ) -> dict[str, Any]:
        return {"number": x_number, "words": x_word, "agent": user_agent}

    @app.get("/cookies")
    async def read_cookies(
        session: Annotated[int, module.Cookie()], theme: Annotated[str, module.Cookie()] = "dark"
    ) -> dict[str, Any]:
        return {"session": session, "theme": theme}

    def request_facts(request: module.Request) -> dict[str, Any]:
        return {"cookies": request.cookies, "query": str(request.query_params)}

    @app.get("/request")
    async def read_request(
        request: module.Request, facts: Annotated[dict[str, Any], module.Depends(request_facts)]
    ) -> dict[str, Any]:
        return {**facts, "url": str(request.url), "path": request.url.path}


def _bodies(app: Any, module: Any, security: Any) -> None:
    @app.post("/json/model")
    async def take_model(item: Item) -> Item:
        return item

    @app.post("/json/plain")
    async def take_plain(item: Item) -> dict[str, Any]:
        return {"name": item.name}

    @app.post("/json/any")
    async def take_any(value: Annotated[Any, module.Body()]) -> str:
        return type(value).__name__

    @app.post("/json/dict")
    def take_dict(value: dict[str, Any]) -> int:
        return len(value)

    @app.post("/json/numbers")
    async def take_numbers(value: list[int]) -> int:
        return len(value)

    @app.post("/json/node")
    async def take_node(node: Node) -> int:
        return len(node.children)

    @app.post("/json/embedded")
    async def take_two(item: Item, weight: Annotated[float, module.Body()]) -> float:
        return weight

    @app.post("/json/optional")
    async def take_optional(item: Item | None = None) -> bool:
        return item is None

    @app.post("/json/any-type", status_code=201)
    async def take_text(value: Annotated[str, module.Body()]) -> int:
        return len(value)

    @app.post("/bytes")
    async def take_bytes(
        value: Annotated[bytes, module.Body(media_type="application/octet-stream")],
    ) -> int:
        return len(value)


def _forms(app: Any, module: Any, security: Any) -> None:
    @app.post("/form")
    async def take_form(
        name: Annotated[str, module.Form()], age: Annotated[int, module.Form()] = 1
    ) -> str:
        return f"{name} {age}"

    @app.post("/form/model")
    async def take_login(login: Annotated[Login, module.Form()]) -> str:
        return f"{login.name} {login.age}"

    @app.post("/form/list")
    async def take_tags(tags: Annotated[list[int], module.Form()]) -> int:
        return sum(tags)

    @app.post("/upload")
    async def take_upload(file: module.UploadFile, note: Annotated[str, module.Form()] = "") -> str:
        return f"{file.filename} {len(await file.read())} {note}"

    @app.post("/uploads")
    async def take_uploads(files: list[module.UploadFile]) -> int:
        return len(files)

    @app.post("/file-bytes")
    def take_file_bytes(file: Annotated[bytes, module.File()]) -> int:
        return len(file)


def _security(app: Any, module: Any, security: Any) -> None:
    bearer, basic = security.HTTPBearer(), security.HTTPBasic()
    key = security.APIKeyCookie(name="key")
    digest = security.HTTPDigest()

    @app.get("/bearer")
    async def read_bearer(found: Annotated[Any, module.Depends(bearer)]) -> str:
        return str(found.credentials)

    @app.get("/basic")
    async def read_basic(found: Annotated[Any, module.Depends(basic)]) -> str:
        return f"{found.username} {found.password}"

    @app.get("/digest")
    async def read_digest(found: Annotated[Any, module.Depends(digest)]) -> str:
        return str(found.credentials)

    @app.get("/key")
    async def read_key(found: Annotated[str, module.Depends(key)]) -> str:
        return found

    @app.post("/token")
    async def take_token(
        form: Annotated[security.OAuth2PasswordRequestForm, module.Depends()],
    ) -> str:
        return str(form.username)

    @app.websocket("/socket/{number}")
    async def serve(websocket: module.WebSocket, number: int) -> None:
        await websocket.accept()
        await websocket.close()
