from pronghorn import FastAPI


def connect(app: FastAPI) -> None: ...


app = FastAPI(on_startup=[connect])
