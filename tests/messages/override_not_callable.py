from pronghorn import Depends, FastAPI
from pronghorn.testclient import TestClient

app = FastAPI()


def get_settings() -> dict[str, str]:
    return {"name": "production"}


@app.get("/settings")
async def read_settings(settings: dict[str, str] = Depends(get_settings)) -> dict[str, str]:
    return settings


app.dependency_overrides[get_settings] = {"name": "test"}
TestClient(app).get("/settings")
