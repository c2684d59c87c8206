"""Classes whose construction is known code are made in the event loop; all others in a thread."""

import abc
import dataclasses
import threading
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar

import pydantic
import pydantic.dataclasses
import pytest
from pydantic import BaseModel, EmailStr, Field, PrivateAttr

from pronghorn import Depends, FastAPI, Query, Request
from pronghorn.compile.explain import explain_plan
from pronghorn.compile.instant import runs_known_code
from pronghorn.security import OAuth2PasswordRequestForm, OAuth2PasswordRequestFormStrict
from pronghorn.testclient import TestClient

THREADS: list[str] = []


def note() -> int:
    """Stand for code of the program, which may block."""
    THREADS.append(threading.current_thread().name)
    return 0


class Plain(BaseModel):
    number: int = 1
    text: str | None = None
    bounded: Annotated[int, Field(gt=3)] = 5


class Known(BaseModel):
    """Pydantic's own functions are known."""

    mail: EmailStr = "a@example.org"


class Inherited(Plain):
    other: int = 2


@dataclass
class Data:
    number: int = 1
    text: str = "a"
    shared: ClassVar[int] = 3

    @property
    def double(self) -> int:
        return self.number * 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    number: int = 1


@dataclass
class More(Data):
    other: int = 2


INSTANT = [Plain, Known, Inherited, Data, Frozen, More]


class WithInit:
    def __init__(self, number: int = 1) -> None:
        note()


@dataclass
class WithPostInit:
    number: int = 1

    def __post_init__(self) -> None:
        note()


@dataclass
class WithOwnInit:
    number: int = 1

    def __init__(self, number: int = 1) -> None:
        note()


@dataclass
class WithFactory:
    number: int = 1
    made: int = dataclasses.field(default_factory=note, init=False)


@dataclass
class WithNew:
    number: int = 1

    def __new__(cls, number: int = 1) -> Any:
        note()
        return super().__new__(cls)


@dataclass
class WithSetattr:
    number: int = 1

    def __setattr__(self, name: str, value: Any) -> None:
        note()
        super().__setattr__(name, value)


class Noting:
    def __set__(self, instance: Any, value: Any) -> None:
        note()

    def __get__(self, instance: Any, owner: Any) -> int:
        return 1


@dataclass
class WithDescriptor:
    number: int = Noting()  # type: ignore[assignment]  # dataclasses ask it for the default


class Meta(type):
    def __call__(cls, number: int = 1) -> Any:
        note()
        return super().__call__(number)


@dataclass
class WithMetaclass(metaclass=Meta):
    number: int = 1


@dataclass
class Goes:
    number: int = 1

    def __del__(self) -> None:
        note()


class Below(WithPostInit):
    pass


class ModelWithInit(BaseModel):
    number: int = 1

    def __init__(self, **values: Any) -> None:
        note()
        super().__init__(**values)


class ModelWithPostInit(BaseModel):
    number: int = 1

    def model_post_init(self, context: Any) -> None:
        note()


class ModelWithPrivate(BaseModel):
    number: int = 1
    _made: int = PrivateAttr(default_factory=note)


class ModelWithValidator(BaseModel):
    number: int = 1

    @pydantic.field_validator("number", mode="after")
    @classmethod
    def check(cls, value: int) -> int:
        note()
        return value


class ModelWithModelValidator(BaseModel):
    number: int = 1

    @pydantic.model_validator(mode="after")
    def check(self) -> Any:
        note()
        return self


class DeferredModel(BaseModel):
    """Pydantic builds it when it is first used."""

    model_config = pydantic.ConfigDict(defer_build=True)
    number: int = 1

    @pydantic.model_validator(mode="after")
    def check(self) -> Any:
        note()
        return self


class ModelWithNew(BaseModel):
    number: int = 1

    def __new__(cls, **values: Any) -> Any:
        note()
        return super().__new__(cls)


class Colour(Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        note()


class ModelWithEnum(BaseModel):
    colour: Colour = Colour.RED


@pydantic.dataclasses.dataclass
class PydanticData:
    number: int = 1


class Abstract(abc.ABC):  # noqa: B024 - the metaclass counts
    def __init__(self, number: int = 1) -> None:
        note()


class OwnForm(OAuth2PasswordRequestForm):
    def __init__(self, number: Annotated[int, Query()] = 1) -> None:
        note()


UNCERTAIN = [
    WithInit,
    WithPostInit,
    WithOwnInit,
    WithFactory,
    WithNew,
    WithSetattr,
    WithDescriptor,
    WithMetaclass,
    Goes,
    Below,
    ModelWithInit,
    ModelWithPostInit,
    ModelWithPrivate,
    ModelWithValidator,
    ModelWithModelValidator,
    DeferredModel,
    ModelWithNew,
    ModelWithEnum,
    PydanticData,
    Abstract,
    OwnForm,
]


def program(made: type[Any]) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read(value: Annotated[Any, Depends(made)]) -> str:
        return type(value).__name__

    return app


def source(app: FastAPI) -> str:
    route: Any = next(route for route in app.routes if hasattr(route, "plan"))
    return explain_plan(route.plan, "first").source


def in_threads(app: FastAPI) -> list[list[str]]:
    route: Any = next(route for route in app.routes if hasattr(route, "plan"))
    return explain_plan(route.plan, "first").hops


@pytest.mark.parametrize("made", INSTANT, ids=lambda made: made.__name__)
def test_known_code_needs_no_thread(made: type[Any], mode: str) -> None:
    app = program(made)
    assert TestClient(app).get("/").json() == made.__name__
    if mode == "compiled":
        assert "run_in_thread" not in source(app)
        assert in_threads(app) == []


@pytest.mark.parametrize("made", UNCERTAIN, ids=lambda made: made.__name__)
def test_code_of_the_program_keeps_its_thread(made: type[Any], mode: str) -> None:
    app = program(made)
    THREADS.clear()
    assert TestClient(app).get("/").json() == made.__name__
    # FastAPI reads parameters in the event loop, too, and the last reference may go anywhere.
    if made not in (Goes, ModelWithValidator):
        assert set(THREADS) <= {"AnyIO worker thread"}
    if mode == "compiled":
        assert "run_in_thread" in source(app)


def test_nothing_is_known_of_a_model_that_is_not_complete() -> None:
    """A route completes its models before; another caller may ask earlier."""

    class Deferred(Plain):
        model_config = pydantic.ConfigDict(defer_build=True)

    route: Any = program(Plain).routes[-1]
    call = route.plan.root.dependencies[0]
    assert runs_known_code(call, Plain)
    assert not runs_known_code(call, Deferred)
    Deferred.model_rebuild()
    assert runs_known_code(call, Deferred)


@pytest.mark.parametrize("form", [OAuth2PasswordRequestForm, OAuth2PasswordRequestFormStrict])
def test_our_forms_need_no_thread(form: type[Any], mode: str) -> None:
    app = FastAPI()

    @app.post("/")
    async def read(found: Annotated[Any, Depends(form)]) -> list[Any]:
        return [found.username, found.scopes]

    data = {"username": "ada", "password": "secret", "grant_type": "password", "scope": "a b"}
    client = TestClient(app)
    assert client.post("/", data=data).json() == ["ada", ["a", "b"]]
    assert client.post("/", data={}).status_code == 422
    if mode == "compiled":
        assert "run_in_thread" not in source(app)


def test_a_replaced_constructor_keeps_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    before = OAuth2PasswordRequestForm.__init__

    def replaced(self: Any, **values: Any) -> None:
        note()
        before(self, **values)

    monkeypatch.setattr(OAuth2PasswordRequestForm, "__init__", replaced)
    app = FastAPI()

    @app.post("/")
    async def read(found: Annotated[Any, Depends(OAuth2PasswordRequestForm)]) -> None: ...

    assert "run_in_thread" in source(app)


async def some_number() -> Any:
    return 3


@dataclass
class OfOther:
    number: Annotated[Any, Depends(some_number)]


@dataclass
class OfRequest:
    request: Request


@pytest.mark.parametrize("made", [OfOther, OfRequest])
def test_what_receives_other_values_keeps_its_thread(made: type[Any]) -> None:
    assert "run_in_thread" in source(program(made))


def test_it_shares_the_hop_of_its_neighbours() -> None:
    app = FastAPI()

    def first() -> None: ...

    def last() -> None: ...

    @app.get("/", dependencies=[Depends(first), Depends(Plain), Depends(last)])
    async def read() -> None: ...

    assert source(app).count("await run_in_thread(") == 1


def test_a_wrong_value_is_an_error_as_before(mode: str) -> None:
    app = program(Plain)
    response = TestClient(app).get("/", params={"bounded": 3, "number": "x"})
    assert response.status_code == 422
    assert [error["loc"] for error in response.json()["detail"]] == [
        ["query", "number"],
        ["query", "bounded"],
    ]
