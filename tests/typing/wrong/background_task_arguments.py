"""A program with one mistake."""

from pronghorn import BackgroundTasks


def send(address: str) -> None: ...


def notify(tasks: BackgroundTasks) -> None:
    tasks.add_task(send, 5)  # wrong
