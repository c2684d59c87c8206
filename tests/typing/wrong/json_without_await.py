"""A program with one mistake."""

from pronghorn import Request


async def read(request: Request) -> None:
    content: dict[str, str] = request.json()  # wrong
    print(content)
