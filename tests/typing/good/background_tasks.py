"""Functions that run after the response."""

from typing import Annotated

from pronghorn import BackgroundTasks, Depends, FastAPI

app = FastAPI()


def write_log(text: str, *, level: int = 20) -> None: ...


async def send_mail(address: str, retries: int) -> None: ...


def log_query(tasks: BackgroundTasks, q: str | None = None) -> str | None:
    tasks.add_task(write_log, f"q={q}", level=10)
    return q


@app.post("/mails/{address}")
async def create_mail(
    address: str, tasks: BackgroundTasks, q: Annotated[str | None, Depends(log_query)]
) -> None:
    tasks.add_task(send_mail, address, retries=3)
