"""How fast pendosim serves and accepts, beside a server on the same stack that answers constant bytes.

PYTHONPATH=src python bench/pendosim_speed.py [--visitors 200000] [--events-per-day 50000] [--days 30] [--track 30000]

Clients are plain sockets in processes of their own; requests are built beforehand. The last column is the rate of the
constant server divided by that of the simulator: how many times as fast it would be if it had nothing to do.
"""

import argparse
import json
import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PAGE_ROWS = 50_000
RECEIVED_AT_ONCE = 1 << 20
CLIENTS = 2
CONNECTIONS = 16
CONSTANT = Path(__file__).with_name("constant_server.py")


@dataclass(frozen=True)
class Server:
    url: str
    pid: int
    key: str = ""
    data: str = ""
    track_secret: str = ""


@dataclass(frozen=True)
class Cost:
    amount: float
    """Megabytes or events."""
    seconds: float
    cpu: float
    """Seconds of the server's processor."""

    @property
    def per_second(self) -> float:
        return self.amount / self.seconds

    @property
    def per_cpu(self) -> float:
        return self.amount / self.cpu if self.cpu else float("inf")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, default=200_000)
    parser.add_argument("--events-per-day", type=int, default=50_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--track", type=int, default=30_000)
    given = parser.parse_args()
    sizes = ["--visitors", given.visitors, "--events-per-day", given.events_per_day, "--days", given.days]
    command = ["-m", "pendosim", "serve", "--timezone", "UTC", "--accounts", "2000", *map(str, sizes)]
    for name, stages in (("visitors", [visitors()]), ("pageEvents", [events("pageEvents")])):
        print(f"{'from start to all ' + name:36} {line_of(first_answer(command, stages), 'MB')}")
    with started(command) as pendo, started([str(CONSTANT), "lean"]) as lean:
        for name, stages in {
            "visitors": [visitors()],
            "visitors, sorted": [visitors(), {"sort": ["visitorId"]}],
            "events": [events("events")],
            "events, sorted": [events("events"), {"sort": ["lastTime", "visitorId"]}],
            "pageEvents": [events("pageEvents")],
        }.items():
            measure(pendo, [stages])
            report(f"{name}, one body", measure(pendo, [stages]), whole_bodies([measured_size(pendo, stages)]), "MB")
        pages = list(visitor_pages(pendo))
        measure(pendo, pages)
        report("visitors, keyset pages", measure(pendo, pages), whole_bodies(sizes_of(pendo, pages)), "MB")
        report_track(pendo, lean, given.track)


def report_track(pendo: Server, lean: Server, count: int) -> None:
    with started([str(CONSTANT), "general"]) as general:
        plain = track(general.url, general.pid, "", count)
    constant = track(lean.url, lean.pid, "", count)
    report("single track events", track(pendo.data, pendo.pid, pendo.track_secret, count), constant, "events")
    print(f"{'  an aiohttp server of constant bytes':36} {line_of(plain, 'events')}")


@contextmanager
def started(command: Sequence[str]) -> Iterator[Server]:
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            of = json.loads(process.stdout.readline())
            yield Server(of["api"], process.pid, of.get("key", ""), of.get("data", ""), of.get("track_secret", ""))
        finally:
            process.terminate()


def first_answer(command: Sequence[str], stages: list[object]) -> Cost:
    """Start a process and let it answer once."""
    began = time.perf_counter()
    with started(command) as pendo:
        amount = measure(pendo, [stages]).amount
        return Cost(amount, time.perf_counter() - began, cpu_seconds(pendo.pid))


def visitors() -> dict[str, object]:
    return {"source": {"visitors": None}}


def events(source: str) -> dict[str, object]:
    window = {"period": "dayRange", "first": "now()", "count": -400}
    return {"source": {source: {"appId": 'expandAppIds("*")'}, "timeSeries": window}}


def visitor_pages(pendo: Server) -> Iterator[list[object]]:
    """Pages as clients ask for them; the last id of each is asked for beforehand and not measured."""
    chosen = [visitors(), {"sort": ["visitorId"]}, {"select": {"id": "visitorId"}}]
    body = b"".join(received(pendo, chosen))
    # Chunk framing stands between the pieces of the body: leave it out.
    ids = [row["id"] for row in json.loads(unchunked(body))["results"]]
    for start in range(0, len(ids), PAGE_ROWS):
        after = json.dumps(ids[start - 1] if start else "", ensure_ascii=False)
        yield [visitors(), {"sort": ["visitorId"]}, {"filter": f"visitorId > {after}"}, {"limit": PAGE_ROWS}]


def unchunked(body: bytes) -> bytes:
    parts, place = [], 0
    while size := int(body[place : (end := body.index(b"\r\n", place))], 16):
        parts.append(body[end + 2 : end + 2 + size])
        place = end + 2 + size + 2
    return b"".join(parts)


def measure(server: Server, requests: Sequence[list[object]]) -> Cost:
    size, began, cpu = 0, time.perf_counter(), cpu_seconds(server.pid)
    for stages in requests:
        size += sum(len(part) for part in received(server, stages))
    return Cost(size / 1e6, time.perf_counter() - began, cpu_seconds(server.pid) - cpu)


def measured_size(pendo: Server, stages: list[object]) -> int:
    return sum(len(part) for part in received(pendo, stages))


def sizes_of(pendo: Server, pages: Sequence[list[object]]) -> list[int]:
    return [measured_size(pendo, stages) for stages in pages]


def whole_bodies(sizes: Sequence[int]) -> Cost:
    """Let the constant server answer bodies of these sizes."""
    with ExitStack() as stack:
        servers = [stack.enter_context(started([str(CONSTANT), "general", str(size)])) for size in set(sizes)]
        costs = dict(zip(set(sizes), [measure(server, [[]]) for server in servers], strict=True))
    found = [costs[size] for size in sizes]
    return Cost(*(sum(column) for column in zip(*((one.amount, one.seconds, one.cpu) for one in found), strict=True)))


def received(server: Server, stages: list[object]) -> Iterator[bytes]:
    """Receive the answer as it comes off the socket, with its chunk framing: a few bytes a megabyte."""
    body = json.dumps({"response": {}, "request": {"pipeline": stages}}).encode()
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        head = ["POST /api/v1/aggregation HTTP/1.1", "Host: localhost", "Connection: close"]
        head += [f"Content-Length: {len(body)}", f"x-pendo-integration-key: {server.key}", "", ""]
        connection.sendall("\r\n".join(head).encode() + body)
        rest = b""
        while b"\r\n\r\n" not in rest:
            rest += connection.recv(RECEIVED_AT_ONCE)
        yield rest.split(b"\r\n\r\n", 1)[1]
        while part := connection.recv(RECEIVED_AT_ONCE):
            yield part


def track(url: str, pid: int, secret: str, count: int) -> Cost:
    """Single events, one request each, over kept connections; there is no batch form."""
    context = multiprocessing.get_context("fork")
    ready, go = context.Barrier(CLIENTS + 1), context.Event()
    each = count // CLIENTS
    clients = [
        context.Process(target=send, args=(url, secret, range(number * each, (number + 1) * each), ready, go))
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    ready.wait()
    began, cpu = time.perf_counter(), cpu_seconds(pid)
    go.set()
    for client in clients:
        client.join()
        assert client.exitcode == 0, "a client failed"
    return Cost(each * CLIENTS, time.perf_counter() - began, cpu_seconds(pid) - cpu)


def send(url: str, secret: str, numbers: range, ready: "multiprocessing.Barrier", go: "multiprocessing.Event") -> None:
    address = urlsplit(url)
    connections = [socket.create_connection((address.hostname, address.port)) for _ in range(CONNECTIONS)]
    requests = [event_request(secret, number) for number in numbers]
    # What is made at the first event, and not again, is not measured.
    exchange(connections[:1], requests[:1])
    ready.wait()
    go.wait()
    for start in range(0, len(requests), CONNECTIONS):
        exchange(connections, requests[start : start + CONNECTIONS])


def exchange(connections: Sequence[socket.socket], requests: Sequence[bytes]) -> None:
    for connection, request in zip(connections, requests, strict=False):
        connection.sendall(request)
    for connection, _ in zip(connections, requests, strict=False):
        answer = connection.recv(RECEIVED_AT_ONCE)
        assert answer.startswith(b"HTTP/1.1 200"), answer


def event_request(secret: str, number: int) -> bytes:
    context = {
        "ip": "203.0.113.7",
        "userAgent": "Mozilla/5.0",
        "url": "https://app.example.com/invoices/42",
        "title": "",
    }
    body = json.dumps(
        {
            "type": "track",
            "event": "Invoice Paid",
            "visitorId": f"ann{number % 5000}@example.com",
            "accountId": f"acme{number % 50}",
            "timestamp": time.time_ns() // 1_000_000,
            "properties": {"plan": "pro", "amount": number % 100, "first": True},
            "context": context,
        }
    ).encode()
    lines = ["POST /data/track HTTP/1.1", "Host: localhost", f"x-pendo-integration-key: {secret}"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def report(name: str, cost: Cost, constant: Cost, unit: str) -> None:
    ratio = constant.per_cpu / cost.per_cpu if constant.cpu else float("nan")
    print(f"{name:36} {line_of(cost, unit)}   constant {constant.per_cpu:7.0f}  {ratio:5.2f}x")


def line_of(cost: Cost, unit: str) -> str:
    return f"{cost.amount:9.1f} {unit:6} {cost.seconds:6.2f} s {cost.per_second:8.0f}/s {cost.per_cpu:8.0f}/CPU s"


if __name__ == "__main__":
    main()
