"""Programs with classes whose annotations name what exists for type checkers only."""

from __future__ import annotations

from tests.plan.lazy_programs import Program

CLASS_PROGRAMS: dict[str, Program] = {
    "class": Program(
        """
class Service:
    def __init__(self, q: str, value: Annotated[Missing, Depends(get_value)]) -> Missing:
        self.values = [q, value]
@app.get("/")
async def read(service: Annotated[Service, Depends()], same: Service = Depends(Service)):
    return service.values
""",
        {"/?q=1": ["1", "1"]},
    ),
    "class with __new__": Program(
        """
class Service:
    def __new__(cls, q: str, value: Annotated[Missing, Depends(get_value)]) -> Missing:
        self = object.__new__(cls)
        self.values = [q, value]
        return self
@app.get("/")
async def read(service: Annotated[Service, Depends()]):
    return service.values
""",
        {"/?q=1": ["1", "1"]},
    ),
    "inherited class": Program(
        """
class Base:
    def __init__(self, q: str, value: Annotated[Missing, Depends(get_value)]) -> None:
        self.values = [q, value]
class Service(Base):
    pass
class Narrow(Base):
    def __init__(self, value: Annotated[Missing, Depends(get_value)]) -> None:
        super().__init__("narrow", value)
@app.get("/")
async def read(service: Annotated[Service, Depends()], narrow: Annotated[Narrow, Depends()]):
    return service.values + narrow.values
""",
        {"/?q=1": ["1", "1", "narrow", "1"]},
    ),
    "callable object": Program(
        """
class Checker:
    def __call__(self, q: str, value: Annotated[Missing, Depends(get_value)]) -> Missing:
        return [q, value]
    async def method(self, q: str, value: Missing = Depends(get_value)) -> Missing:
        return [q, value]
    @classmethod
    def of_class(cls, value: Annotated[Missing, Depends(get_value)]) -> Missing:
        return value
    @staticmethod
    def static(value: Annotated[Missing, Depends(get_value)]) -> Missing:
        return value
checker = Checker()
@app.get("/")
async def read(
    a: Annotated[Missing, Depends(checker)],
    b: Annotated[Missing, Depends(checker.method)],
    c: Annotated[Missing, Depends(Checker.of_class)],
    d: Annotated[Missing, Depends(Checker.static)],
):
    return [a, b, c, d]
""",
        {"/?q=1": [["1", "1"], ["1", "1"], "1", "1"]},
    ),
    "methods as endpoints": Program(
        """
class Views:
    async def read(self, value: Annotated[Missing, Depends(get_value)]) -> str:
        return value
    def __call__(self, value: Annotated[Missing, Depends(get_value)]) -> str:
        return value
app.get("/method", response_model=None)(Views().read)
app.get("/object")(Views())
""",
        {"/method?q=1": "1", "/object?q=1": "1"},
    ),
    "dataclass as a dependency": Program(
        """
@dataclass
class Service:
    q: str
    value: Annotated[Missing, Depends(get_value)]
    other: Missing = Depends(get_value)
@app.get("/")
async def read(service: Annotated[Service, Depends()]):
    return [service.q, service.value, service.other]
""",
        {"/?q=1": ["1", "1", "1"]},
    ),
    "a class of routes and a class of responses": Program(
        """
class Wrapped(APIRoute):
    def get_route_handler(self) -> Missing:
        handler = super().get_route_handler()
        async def handle(request: Missing) -> Missing:
            return await handler(request)
        return handle
class Answer(JSONResponse):
    def __init__(self, content: Missing, status_code: Missing = 200, **options: Missing) -> None:
        super().__init__([content], status_code)
router = APIRouter(route_class=Wrapped, default_response_class=Answer)
@router.get("/")
async def read(value: Annotated[Missing, Depends(get_value)]):
    return value
app.include_router(router)
""",
        {"/?q=1": ["1"]},
        fastapi="never",
    ),
    "middleware classes and mounted applications": Program(
        """
class Middleware:
    def __init__(self, app: Missing, text: Missing) -> None:
        self.app = app
    async def __call__(self, scope: Missing, receive: other.A, send: other.B) -> None:
        await self.app(scope, receive, send)
inside = FastAPI()
@inside.get("/")
async def read(value: Annotated[Missing, Depends(get_value)]):
    return value
app.add_middleware(Middleware, text="a")
app.mount("/inside", Middleware(inside, "b"))
""",
        {"/inside/?q=1": "1"},
    ),
}
