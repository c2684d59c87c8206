"""Who may see a kept response: credentials are checked for every request."""

from typing import Annotated, Any

import pytest

from pronghorn import APIRouter, Depends, FastAPI, HTTPException, Response, Security
from pronghorn.background import BackgroundTasks
from pronghorn.cache import Cached
from pronghorn.exceptions import SetupError
from pronghorn.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.usefixtures("mode", "cache")

bearer = HTTPBearer()
LOG: list[str] = []


@pytest.fixture(autouse=True)
def empty_log() -> None:
    LOG.clear()


def current_user(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
    response: Response,
    tasks: BackgroundTasks,
) -> str:
    LOG.append("user")
    response.headers["x-user"] = credentials.credentials
    tasks.add_task(LOG.append, f"seen {credentials.credentials}")
    return credentials.credentials


User = Annotated[str, Depends(current_user)]


async def tenant(user: User) -> str:
    return user[0]


async def require_admin(user: User) -> None:
    LOG.append("admin")
    if not user.endswith("admin"):
        raise HTTPException(403)


def header(user: str) -> dict[str, str]:
    return {"authorization": f"Bearer {user}"}


def test_each_user_is_checked_and_gets_what_the_tenant_has() -> None:
    app = FastAPI()

    @app.get("/prices", cache=Cached("30s", vary=tenant))
    async def read(user: User) -> str:
        LOG.append("endpoint")
        return f"prices of {user[0]}"

    with TestClient(app) as client:
        assert client.get("/prices").status_code == 401
        for user in ("ann", "abe", "bob", "ann"):
            response = client.get("/prices", headers=header(user))
            assert response.json() == f"prices of {user[0]}"
            assert response.headers.get_list("x-user") == [user]
        assert client.get("/prices").status_code == 401
    assert LOG.count("user") == 4
    assert LOG.count("endpoint") == 2
    assert [line for line in LOG if "seen" in line] == [
        "seen ann",
        "seen abe",
        "seen bob",
        "seen ann",
    ]


def test_a_check_of_the_router_runs_although_it_is_not_in_vary() -> None:
    app, router = FastAPI(), APIRouter(dependencies=[Depends(require_admin)])

    @router.get("/numbers", cache=Cached("30s", vary=tenant))
    def read() -> str:
        LOG.append("endpoint")
        return "secret"

    app.include_router(router)
    with TestClient(app) as client:
        for _ in range(2):
            assert client.get("/numbers", headers=header("a-admin")).json() == "secret"
            assert client.get("/numbers", headers=header("a-user")).status_code == 403
    assert LOG.count("endpoint") == 1
    assert LOG.count("admin") == LOG.count("user") == 4


def test_all_who_are_let_in_get_the_same() -> None:
    app = FastAPI(cache=Cached("30s", vary=()), dependencies=[Security(bearer)])

    @app.get("/news")
    async def read() -> str:
        LOG.append("endpoint")
        return "news"

    with TestClient(app) as client:
        assert [client.get("/news", headers=header(user)).json() for user in "ab"] == ["news"] * 2
        assert client.get("/news").status_code == 401
    assert LOG == ["endpoint"]


def test_an_override_takes_the_place_of_a_dependency() -> None:
    app = FastAPI()

    @app.get("/me", cache=Cached("30s", vary=current_user))
    async def read(user: User) -> str:
        LOG.append("endpoint")
        return user

    with TestClient(app) as client:
        for user in ("ann", "bob"):
            app.dependency_overrides[current_user] = lambda user=user: user
            assert [client.get("/me").json() for _ in range(2)] == [user] * 2
    assert LOG == ["endpoint", "endpoint"]


def declare(scheme: Any, **options: Any) -> None:
    app = FastAPI()

    @app.get("/me", **options)
    async def read(key: Annotated[str, Depends(scheme)]) -> str:
        return key


@pytest.mark.parametrize("scheme", [bearer, APIKeyCookie(name="s"), APIKeyHeader(name="k"), tenant])
def test_a_route_with_credentials_has_to_say_for_whom(scheme: Any) -> None:
    with pytest.raises(SetupError, match="The response is kept for everybody"):
        declare(scheme, cache=Cached("30s"))
    declare(scheme, cache=Cached("30s", vary=scheme))
    declare(scheme, cache=False)


def test_so_has_one_that_inherits_the_cache() -> None:
    app = FastAPI(cache=Cached("30s"))
    with pytest.raises(SetupError, match="GET /me, test_so_has_one"):

        @app.get("/me")
        async def read(user: User) -> str:
            return user
