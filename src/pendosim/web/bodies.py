"""The body of a request: whole, unpacked, and never too large."""

import zlib

from aiohttp import web

from pendosim.errors import Refused

BODY_BYTES_MAX = 50_000_000
# Understands gzip and zlib alike.
_ANY_WINDOW = zlib.MAX_WBITS | 32


async def received_body(request: web.BaseRequest) -> bytes | Refused:
    """Read it; what is wrong with it is for later, because credentials are looked at first."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    parts, size = [], 0
    try:
        async for part in request.content.iter_any():
            size += len(part)
            if size > BODY_BYTES_MAX:
                return _too_large()
            parts.append(part)
    except (web.RequestPayloadError, ConnectionResetError):
        return Refused("the body could not be read to its end")
    return _unpacked(b"".join(parts), request.headers.get("Content-Encoding", "identity").lower())


def _unpacked(body: bytes, encoding: str) -> bytes | Refused:
    if encoding == "identity":
        return body
    if encoding not in ("gzip", "deflate"):
        return Refused(f"Content-Encoding {encoding[:40]!r} is unknown; wanted gzip or deflate", status=415)
    unpack = zlib.decompressobj(_ANY_WINDOW)
    try:
        plain = unpack.decompress(body, BODY_BYTES_MAX + 1)
    except zlib.error:
        return Refused(f"the body is not {encoding}")
    if len(plain) > BODY_BYTES_MAX:
        return _too_large()
    return plain if unpack.eof else Refused(f"the {encoding} body is cut off")


def _too_large() -> Refused:
    return Refused(f"the body is larger than {BODY_BYTES_MAX} bytes", status=413)
