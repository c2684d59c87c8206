"""The least that a protocol on httptools and uvloop can do."""

import asyncio
import sys

import httptools
import uvloop

RESPONSE = (
    b"HTTP/1.1 200 OK\r\nserver: constant\r\ndate: Sun, 22 Nov 2026 09:00:00 GMT\r\n"
    b"content-length: 37\r\ncontent-type: application/json\r\n\r\n"
    b'{"item_id":42,"q":"hello","limit":10}'
)


class Constant(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(RESPONSE)  # type: ignore[attr-defined]  # a TCP transport


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Constant, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


uvloop.run(main())
