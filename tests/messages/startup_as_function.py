from pronghorn import FastAPI


def connect() -> None: ...


app = FastAPI(on_startup=connect)
