"""Security schemes and scopes."""

from typing import Annotated

from pronghorn import Depends, FastAPI, HTTPException, Security, status
from pronghorn.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
    OpenIdConnect,
    SecurityScopes,
)

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="token", scopes={"items:read": "Read items"})
basic = HTTPBasic(realm="shop", auto_error=False)
key = APIKeyHeader(name="X-Key", description="A key")
others = [APIKeyQuery(name="key"), APIKeyCookie(name="key"), OpenIdConnect(openIdConnectUrl="/o")]


class User:
    name: str


async def get_user(scopes: SecurityScopes, token: Annotated[str, Depends(bearer)]) -> User:
    if "items:read" not in scopes.scopes:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            detail=f"Not enough rights for {token}",
            headers={"WWW-Authenticate": f'Bearer scope="{scopes.scope_str}"'},
        )
    return User()


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    return {"access_token": form.username, "token_type": "bearer"}


@app.get("/items")
def read_items(user: Annotated[User, Security(get_user, scopes=["items:read"])]) -> str:
    return user.name


@app.get("/basic")
def read_basic(found: Annotated[HTTPBasicCredentials | None, Depends(basic)]) -> str:
    return found.username if found else ""


@app.get("/bearer")
def read_bearer(found: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    return found.credentials


@app.get("/key")
def read_key(found: Annotated[str, Depends(key)]) -> str:
    return found
