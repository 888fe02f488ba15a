"""How fast pendosim serves: MB/s of keyset pages and one-body streams, beside a server of constant bytes.

PYTHONPATH=src python bench/pendosim_speed.py [--visitors 200000] [--events-per-day 50000] [--days 30]
"""

import argparse
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

PAGE_ROWS = 50_000
RECEIVED_AT_ONCE = 1 << 20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, default=200_000)
    parser.add_argument("--events-per-day", type=int, default=50_000)
    parser.add_argument("--days", type=int, default=30)
    given = parser.parse_args()
    command = [sys.executable, "-m", "pendosim", "serve", "--timezone", "UTC", "--accounts", "2000"]
    for name in ("visitors", "events_per_day", "days"):
        command += [f"--{name.replace('_', '-')}", str(getattr(given, name))]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            pendo = json.loads(process.stdout.readline())
            print(f"ready after {time.perf_counter() - started:.2f} s")
            measure_all(pendo, process.pid)
        finally:
            process.terminate()


def measure_all(pendo: dict[str, str], pid: int) -> None:
    window = {"period": "dayRange", "first": "now()", "count": -400}
    events = {"source": {"events": {"appId": 'expandAppIds("*")'}, "timeSeries": window}}
    for name, stages in {
        "visitors, unsorted": [{"source": {"visitors": None}}],
        "visitors, sorted": [{"source": {"visitors": None}}, {"sort": ["visitorId"]}],
        "events, unsorted": [events],
        "events, sorted": [events, {"sort": ["lastTime", "visitorId"]}],
    }.items():
        first = measure(pendo, pid, iter([stages]))
        report(f"{name}, first time", *first)
        report(name, *measure(pendo, pid, iter([stages])))
    report("visitors, keyset pages", *measure(pendo, pid, visitor_pages(pendo)))


def visitor_pages(pendo: dict[str, str]) -> Iterator[list[object]]:
    """Pages as clients ask for them; the last id of each is asked for beforehand and not measured."""
    ids = all_ids(pendo)
    for start in range(0, len(ids), PAGE_ROWS):
        after = json.dumps(ids[start - 1] if start else "", ensure_ascii=False)
        yield [
            {"source": {"visitors": None}},
            {"sort": ["visitorId"]},
            {"filter": f"visitorId > {after}"},
            {"limit": PAGE_ROWS},
        ]


def all_ids(pendo: dict[str, str]) -> list[str]:
    stages = [{"source": {"visitors": None}}, {"sort": ["visitorId"]}, {"select": {"id": "visitorId"}}]
    body = json.dumps({"request": {"pipeline": stages}}).encode()
    headers = {"x-pendo-integration-key": pendo["key"]}
    request = urllib.request.Request(f"{pendo['api']}/api/v1/aggregation", data=body, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return [row["id"] for row in json.load(answer)["results"]]


def measure(pendo: dict[str, str], pid: int, pages: Iterator[list[object]]) -> tuple[int, float, float]:
    """Bytes, seconds, and seconds of the server's CPU."""
    size, seconds, cpu = 0, 0.0, 0.0
    for stages in pages:
        began, cpu_before = time.perf_counter(), cpu_seconds(pid)
        size += sum(len(part) for part in received(pendo, stages))
        seconds += time.perf_counter() - began
        cpu += cpu_seconds(pid) - cpu_before
    return size, seconds, cpu


def received(pendo: dict[str, str], stages: list[object]) -> Iterator[bytes]:
    """Receive the answer as it comes off the socket, with its chunk framing: a few bytes a megabyte."""
    body = json.dumps({"response": {}, "request": {"pipeline": stages}}).encode()
    address = urlsplit(pendo["api"])
    with socket.create_connection((address.hostname, address.port)) as connection:
        head = ["POST /api/v1/aggregation HTTP/1.1", "Host: localhost", "Connection: close"]
        head += [f"Content-Length: {len(body)}", f"x-pendo-integration-key: {pendo['key']}", "", ""]
        connection.sendall("\r\n".join(head).encode() + body)
        rest = b""
        while b"\r\n\r\n" not in rest:
            rest += connection.recv(RECEIVED_AT_ONCE)
        yield rest.split(b"\r\n\r\n", 1)[1]
        while part := connection.recv(RECEIVED_AT_ONCE):
            yield part


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def report(name: str, size: int, seconds: float, cpu: float) -> None:
    rate = size / 1e6 / seconds
    per_core = size / 1e6 / cpu if cpu else float("inf")
    print(f"{name:36} {size / 1e6:8.1f} MB  {seconds:6.2f} s  {rate:7.0f} MB/s  {per_core:7.0f} MB/CPU s")


if __name__ == "__main__":
    main()
