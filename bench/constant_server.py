"""A server that answers constant bytes: what the stack costs when there is nothing to do.

python bench/constant_server.py general [BODY_BYTES]   aiohttp, as the simulator's API has it; a body in 1 MB chunks
python bench/constant_server.py lean                   an asyncio protocol, as the simulator's track events have it
"""

import asyncio
import json
import sys

from aiohttp import web

CHUNK = memoryview(b"x" * 1_000_000)
ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\n\r\n"


class Lean(asyncio.Protocol):
    """Takes whatever arrives at once for one request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        del data
        self._transport.write(ACCEPTED)


def general(size: int) -> web.Server:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        if not size:
            return web.Response()
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for start in range(0, size, len(CHUNK)):
            await response.write(CHUNK[: size - start])
        await response.write_eof()
        return response

    return web.Server(handle, access_log=None)


async def main(kind: str, size: int) -> None:
    protocol = Lean if kind == "lean" else general(size)
    listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    print(json.dumps({"api": f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
