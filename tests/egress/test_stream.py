from __future__ import annotations

import gzip
import threading
import time
import tracemalloc
import zlib

import pytest

from egress.wire import Reply, chunked, reply
from pendant.egress.exchange import WAITING_BYTES_MAX
from pendant.errors import BrokenAnswer, Unreachable
from pendant.model.http import Request
from pendant.model.scrub import MARK

GET = Request("GET", "/x")
ONCE = Request("GET", "/x", attempts_max=1)
TEXT = b"".join(b'{"visitorId":"visitor-%d","n":%d}\n' % (n, n * n) for n in range(60_000))


def read(channel, request=ONCE) -> bytes:
    with channel.stream(request) as body:
        return b"".join(body.pieces())


def with_length(length: int, *pieces: bytes | float, end: str = "close", headers: str = "") -> Reply:
    return Reply([f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{headers}\r\n".encode(), *pieces], end)


CUT = {
    "content-length": with_length(len(TEXT), TEXT[:-1]),
    "content-length, one byte": with_length(2, b"x"),
    "content-length, reset": with_length(len(TEXT), TEXT[:-1], 0.1, end="reset"),
    "chunked, no last chunk": chunked(TEXT, finished=False, end="close"),
    "chunked, cut in a chunk": Reply([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc"], "close"),
    "chunked, no final line": Reply([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"], "close"),
    "gzip, cut": reply(200, gzip.compress(TEXT)[:-20], {"Content-Encoding": "gzip"}),
    "gzip, cut before its checksum": reply(200, gzip.compress(TEXT)[:-8], {"Content-Encoding": "gzip"}),
    "gzip, damaged": reply(200, gzip.compress(TEXT)[:-6] + b"abcdef", {"Content-Encoding": "gzip"}),
    "gzip, something behind": reply(200, gzip.compress(TEXT) + b"abcdef", {"Content-Encoding": "gzip"}),
    "deflate, cut": reply(200, zlib.compress(TEXT)[:-1], {"Content-Encoding": "deflate"}),
}


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT.keys())
def test_a_transfer_that_ends_early_is_an_error_and_never_a_short_body(world, serve, answer):
    server = serve(answer)
    with pytest.raises(BrokenAnswer) as caught:
        read(world.channel(server.url()))
    assert caught.value.code == "answer_broken"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
@pytest.mark.parametrize("verb", ["call", "stream"])
def test_a_compressed_body_arrives_decompressed(world, serve, compress, verb):
    packed = compress(TEXT)
    encoding = "gzip" if compress is gzip.compress else "deflate"
    server = serve(chunked(packed[:1000], packed[1000:], headers=f"Content-Encoding: {encoding}\r\n"))
    channel = world.channel(server.url())
    assert (channel.call(GET).body if verb == "call" else read(channel)) == TEXT
    assert world.meter.received == len(packed)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"x"),
        ("zstd", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
        ("gzip", b"plain text"),
    ],
)
def test_a_compression_nobody_asked_for_is_refused(world, serve, encoding, body):
    server = serve(reply(200, body, {"Content-Encoding": encoding}))
    with pytest.raises(BrokenAnswer) as caught:
        read(world.channel(server.url()))
    assert caught.value.code == "answer_broken"


def test_a_compressed_transfer_coding_is_refused(world, serve):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    server = serve(Reply([head], "close"))
    with pytest.raises((BrokenAnswer, Unreachable)):
        read(world.channel(server.url()))


def test_a_gzip_bomb_is_stopped_early_and_without_filling_the_memory(world, serve):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    server = serve(reply(200, bomb, {"Content-Encoding": "gzip"}))
    channel = world.channel(server.url())
    tracemalloc.start()
    try:
        for verb in (channel.call, lambda request: read(channel, request)):
            with pytest.raises(BrokenAnswer) as caught:
                verb(ONCE)
            assert "200 times" in caught.value.message
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 << 20


def test_a_slow_drip_ends_with_the_longest_exchange(world, serve):
    drips: list[bytes | float] = [piece for _ in range(100) for piece in (b"x", 0.05)]
    server = serve(chunked(*drips))
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        read(world.channel(server.url()), Request("GET", "/x", total_seconds=0.5, attempts_max=1))
    assert caught.value.code == "connection_broken"
    assert time.monotonic() - started < 3


def test_silence_in_mid_body_ends_with_the_longest_silence(world, serve):
    server = serve(with_length(10, b"x", 1.0, b"y"))
    started = time.monotonic()
    with pytest.raises(Unreachable):
        read(world.channel(server.url()), Request("GET", "/x", timeout_seconds=0.2, attempts_max=1))
    assert time.monotonic() - started < 0.9


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n",
        b"\x16\x03\x01",
    ],
    ids=["long line", "many headers", "two lengths", "negative length", "no status", "bad chunk", "no http"],
)
def test_a_message_out_of_bounds_is_refused(world, serve, head):
    server = serve(Reply([head], "close"))
    with pytest.raises((Unreachable, BrokenAnswer)) as caught:
        world.channel(server.url()).call(ONCE)
    assert caught.value.code in ("connection_broken", "answer_broken")


@pytest.mark.parametrize("flood", [b"HTTP/1.1 100 Continue\r\n\r\n", b"X: y\r\n"], ids=["1xx", "headers"])
def test_a_flood_without_an_answer_ends_with_the_longest_exchange(world, serve, flood):
    start = b"" if flood.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n"
    server = serve(Reply([start, *[piece for _ in range(60) for piece in (flood, 0.05)]], "close"))
    started = time.monotonic()
    with pytest.raises(Unreachable):
        world.channel(server.url()).call(Request("GET", "/x", total_seconds=0.4, attempts_max=1))
    assert time.monotonic() - started < 3


def test_leaving_a_stream_early_gives_its_connection_up_and_its_place_back(world, serve):
    server = serve([chunked(*[b"x" * (1 << 20)] * 40, end="close"), reply(200, b"next")])
    channel = world.channel(server.url(), concurrency_level=1)
    with channel.stream(GET) as body:
        next(iter(body.pieces()))
    assert channel.call(GET).body == b"next"
    assert server.connections == 2


def test_an_exception_of_the_reader_passes_through_and_frees_the_place(world, serve):
    server = serve(reply(200, b"x"))
    channel = world.channel(server.url(), concurrency_level=1)
    with pytest.raises(ZeroDivisionError), channel.stream(GET):
        raise ZeroDivisionError
    assert channel.call(GET).status == 200


def test_a_slow_reader_holds_the_sender_back_and_is_not_blamed_for_the_time(world, serve):
    sent = []
    piece = b"x" * (1 << 20)

    server = serve(lambda _: _Lazy(sent, piece))
    request = Request("GET", "/x", total_seconds=1.0, timeout_seconds=0.8, attempts_max=1)
    with world.channel(server.url()).stream(request) as body:
        pieces = body.pieces()
        first = next(pieces)
        time.sleep(1.5)
        held_back = len(sent)
        rest = sum(len(one) for one in pieces)
    # What is not ours (both socket buffers) holds some MB more on loopback.
    assert held_back << 20 < WAITING_BYTES_MAX + (16 << 20)
    assert len(first) + rest == 40 << 20


class _Lazy(Reply):
    """Notes every MB as it is sent."""

    def __init__(self, sent: list[int], piece: bytes) -> None:
        self.end = "close"
        self._sent = sent
        self._piece = piece

    @property
    def pieces(self):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (40 << 20)
        for _ in range(40):
            self._sent.append(1)
            yield self._piece


def test_a_token_echoed_across_two_pieces_is_still_replaced(world, serve):
    def echo(seen):
        token = seen.header("x-pendo-integration-key").encode()
        parts = []
        for cut in range(1, len(token)):
            parts += [b"a" * 1_048_570 + token[:cut], token[cut:] + b"b" * 10]
        return chunked(*parts[:12], *[part for cut in (1, 20, 39) for part in (token[:cut], token[cut:])])

    server = serve(echo)
    body = read(world.channel(server.url()))
    assert world.vault.token.encode() not in body
    assert body.count(MARK.encode()) == 9
    assert len(body) == 6 * 1_048_580 + 9 * len(MARK)


def test_streams_of_one_connection_run_at_once_up_to_its_concurrency_level(world, serve):
    server = serve(lambda _: Reply([0.1, *reply(200, b"x").pieces]))
    channel = world.channel(server.url(), concurrency_level=3)
    threads = [threading.Thread(target=channel.call, args=(GET,)) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert server.open_most == 3
    assert len(server.seen) == 9


def test_asking_again_inside_the_only_allowed_stream_is_an_error_and_not_a_deadlock(world, serve):
    server = serve(reply(200, b"x"))
    channel = world.channel(server.url(), concurrency_level=1)
    with channel.stream(GET), pytest.raises(RuntimeError, match="holds every place"):
        channel.call(GET)
    assert channel.call(GET).status == 200


def test_closing_ends_a_stream_that_waits(world, serve):
    server = serve(with_length(10, b"x", 1.0))
    egress = world.egress()
    threading.Timer(0.3, egress.close).start()
    started = time.monotonic()
    with pytest.raises((BrokenAnswer, Unreachable)):
        read(world.channel(server.url(), egress=egress))
    assert time.monotonic() - started < 0.9
