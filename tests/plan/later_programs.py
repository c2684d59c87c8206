"""Programs whose annotations name what is defined further down, or only inside of a function."""

from __future__ import annotations

from tests.plan.lazy_programs import Program

LATER_PROGRAMS: dict[str, Program] = {
    "a later dependency": Program(
        """
@app.get("/")
async def read(value: Annotated[str, Depends(later)], other: Annotated[Missing, Depends(later)]):
    return [value, other]
def later(q: str) -> Missing:
    return q
""",
        {"/?q=1": ["1", "1"]},
        fastapi="never",
    ),
    "a later class": Program(
        """
@app.get("/")
async def read(service: Annotated[Later, Depends()], other: Annotated[Missing, Depends(get_value)]):
    return [service.q, other]
class Later:
    def __init__(self, q: str) -> None:
        self.q = q
""",
        {"/?q=1": ["1", "1"], "/": None},
        fastapi="never",
    ),
    "a later model": Program(
        """
@app.post("/")
async def read(item: Item) -> Item:
    return item
@app.post("/list")
async def read_list(items: list[Item], tag: Annotated[Tag, Query()] = "t") -> list[Item]:
    return items
class Item(BaseModel):
    name: str
    parent: Item | None = None
Tag = str
""",
        {"POST /": {"name": "a", "parent": None}},
        {"name": "a"},
        fastapi="never",
    ),
    "a later constraint": Program(
        """
@app.get("/")
async def read(number: Annotated[int, Query(gt=LIMIT)] = 9):
    return number
LIMIT = 5
""",
        {"/": 9, "/?number=4": None},
        fastapi="never",
    ),
    "models of parameters": Program(
        """
class Filters(BaseModel):
    limit: Limit = 5
    later: Later | None = None
Limit = int
class Later(BaseModel):
    a: int
class Plain(BaseModel):
    name: Limit
@app.get("/")
async def read(filters: Annotated[Plain, Query()], value: Annotated[Missing, Depends(get_value)]):
    return [filters.name, value]
@app.post("/")
async def create(filters: Filters, value: Annotated[Missing, Depends(get_value)]) -> Filters:
    return filters
@app.post("/form")
async def form(plain: Annotated[Plain, Form()], value: Annotated[Missing, Depends(get_value)]):
    return plain
""",
        {"/?name=3&q=1": [3, "1"], "POST /": {"limit": 5, "later": {"a": 1}}},
        {"later": {"a": 1}},
    ),
    "a model as a dependency": Program(
        """
class Filters(BaseModel):
    q: Later
    limit: int = 5
Later = str
def use(
    filters: Annotated[Filters, Depends()], value: Annotated[Missing, Depends(get_value)]
) -> Missing:
    return [filters.q, filters.limit, value]
@app.get("/")
async def read(used: Annotated[Missing, Depends(use)]):
    return used
""",
        {"/?q=1": ["1", 5, "1"]},
        fastapi="never",
    ),
    "inside a function": Program(
        """
def build():
    class Local:
        def __init__(self, q: str) -> None:
            self.q = q
    def get_local(q: str) -> Local:
        return Local(q)
    @app.get("/")
    async def read(local: Annotated[Missing, Depends(get_value)]):
        return local
build()
""",
        {"/?q=1": "1"},
    ),
    "references in generics": Program(
        """
class Item(BaseModel):
    name: str
@app.post("/")
async def read(
    items: list["Item"],
    more: "Item | None" = None,
    value: Annotated[Missing, Depends(get_value)] = None,
) -> list["Item"]:
    return items
@app.post("/ref")
async def ref(items: list[ForwardRef("Item")], value: Annotated["Missing", Depends(get_value)]):
    return items
""",
        {"POST /": [{"name": "a"}]},
        {"items": [{"name": "a"}]},
        fastapi="never",
    ),
    "aliases": Program(
        """
Value = TypeAliasType("Value", Annotated[str, Depends(get_value)])
Ids = TypeAliasType("Ids", "list[Number]")
@app.get("/")
async def read(
    value: Value,
    missing: Annotated[Missing, Depends(get_value)],
    ids: Annotated[Ids, Query()] = [1],
):
    return [value, missing, ids]
Number = int
""",
        {"/?q=1": ["1", "1", [1]], "/?q=1&ids=2&ids=3": ["1", "1", [2, 3]]},
        fastapi="never",
    ),
    "a later argument of a generic model": Program(
        """
T = TypeVar("T")
class Page(BaseModel, Generic[T]):
    items: list[T]
@app.get("/")
async def read(value: Annotated[Missing, Depends(get_value)]) -> Page[Later]:
    return {"items": [1]}
Later = int
""",
        {"/": {"items": [1]}},
        fastapi="never",
    ),
    "a name of the module that is not an attribute": Program(
        """
import decimal
@app.get("/")
async def read(
    a: Annotated[decimal.Missing, Depends(get_value)], b: decimal.Missing = Depends(get_value)
):
    return [a, b]
""",
        {"/?q=1": ["1", "1"]},
        fastapi="never",
    ),
    "names of a class and a function": Program(
        """
def build():
    def get_local(q: str) -> str:
        return q
    class Views:
        Number = int
        def read(
            self, a: Annotated[Missing, Depends(get_local)], b: Annotated[Number, Query()] = 5
        ) -> Missing:
            return [a, b]
    return Views()
app.get("/", response_model=None)(build().read)
""",
        {"/?q=1": ["1", 5]},
        as_strings=False,
    ),
}
