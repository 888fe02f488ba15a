"""The body of a request: whole, unpacked, and never too large."""

import zlib

from aiohttp import web

from pendosim.errors import Refused

BODY_BYTES_MAX = 50_000_000
# A gzip body may be several, one after another.
_MEMBERS_MAX = 100
_ENCODINGS = ("gzip", "x-gzip", "deflate")
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
    except (web.RequestPayloadError, ConnectionError, RuntimeError):  # the last is what a closed connection raises
        return Refused("the body could not be read to its end")
    return _unpacked(b"".join(parts), request.headers.get("Content-Encoding", "").lower())


def _unpacked(body: bytes, encoding: str) -> bytes | Refused:
    if encoding in ("", "identity"):
        return body
    if encoding not in _ENCODINGS:
        return Refused(f"Content-Encoding {encoding[:40]!r} is unknown; wanted gzip or deflate", status=415)
    try:
        return _inflated(body, encoding)
    except zlib.error:
        return Refused(f"the body is not {encoding}")
    except Refused as refused:
        return refused


def _inflated(body: bytes, encoding: str) -> bytes:
    plain, left = b"", body
    for _ in range(_MEMBERS_MAX):
        unpack = zlib.decompressobj(_ANY_WINDOW)
        plain += unpack.decompress(left, BODY_BYTES_MAX + 1 - len(plain))
        if len(plain) > BODY_BYTES_MAX:
            raise _too_large()
        if not unpack.eof:
            raise Refused(f"the {encoding} body is cut off")
        left = unpack.unused_data
        if not left:
            return plain
    raise Refused(f"the {encoding} body is more than {_MEMBERS_MAX} bodies, one after another")


def _too_large() -> Refused:
    return Refused(f"the body is larger than {BODY_BYTES_MAX} bytes", status=413)
