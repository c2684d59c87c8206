"""The least that an RSGI application can do: without looking at the body, and with it read."""

from typing import Any

BODY = b'{"item_id":42,"q":"hello","limit":10}'
HEADERS = [("content-type", "application/json")]


async def app(scope: Any, protocol: Any) -> None:
    protocol.response_bytes(200, HEADERS, BODY)


async def reading(scope: Any, protocol: Any) -> None:
    await protocol()
    protocol.response_bytes(200, HEADERS, BODY)


class PatientThread:
    """The same with the scheduling of threads that pronghorn asks for."""

    def __rsgi_init__(self, loop: Any) -> None:
        from pronghorn.adapters.granian_threads import spare_the_loop

        spare_the_loop(loop)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        await protocol()
        protocol.response_bytes(200, HEADERS, BODY)


patient = PatientThread()
