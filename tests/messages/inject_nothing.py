from pronghorn import FastAPI

app = FastAPI()


@app.inject
def clean_up(days: int) -> None: ...
