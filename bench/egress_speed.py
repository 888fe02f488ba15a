"""MB/s and CPU seconds of a streamed body through egress, next to a plain socket reading the same bytes.

    PYTHONPATH=src python bench/egress_speed.py [megabytes]

The server is a child process, so that only the reading side is measured.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import resource
import secrets
import socket
import sys
import time
from collections.abc import Callable

from pendant.egress import Egress
from pendant.model.clock import SystemClock
from pendant.model.connection import Connection, HttpSettings
from pendant.model.http import Request
from pendant.model.secret import Secret

MEGABYTE = 1 << 20


class NoVault:
    def open(self, _connection: Connection) -> Secret:
        return Secret(secrets.token_urlsafe(30))


def serve(listener: socket.socket, megabytes: int) -> None:
    rows = b"".join(
        json.dumps(
            {"visitorId": f"visitor-{n}", "time": 1_700_000_000_000 + n, "page": secrets.token_urlsafe(20)}
        ).encode()
        for n in range(12_000)
    )
    block = memoryview((rows * (MEGABYTE // len(rows) + 1))[:MEGABYTE])
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {megabytes * MEGABYTE}\r\nConnection: close\r\n\r\n".encode()
    while True:
        taken, _ = listener.accept()
        with taken:
            taken.recv(65536)
            taken.sendall(head)
            for _ in range(megabytes):
                taken.sendall(block)


def measured(name: str, read: Callable[[], int]) -> None:
    before, started = time.process_time(), time.perf_counter()
    size = read()
    seconds, cpu = time.perf_counter() - started, time.process_time() - before
    print(f"{name:28} {size / MEGABYTE:6.0f} MB  {size / MEGABYTE / seconds:7.0f} MB/s  {cpu:5.2f} s CPU")


def raw(port: int) -> int:
    size = 0
    buffer = bytearray(MEGABYTE)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while count := sock.recv_into(buffer):
            size += count
    return size


def standard(port: int) -> int:
    size = 0
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.request("GET", "/")
    answer = client.getresponse()
    while piece := answer.read(MEGABYTE):
        size += len(piece)
    client.close()
    return size


def egress(port: int) -> int:
    door = Egress(allow_networks=(ipaddress.ip_network("127.0.0.0/8"),), opener=NoVault(), clock=SystemClock())
    http_settings = HttpSettings(base_uri=f"http://127.0.0.1:{port}", network="private")
    connection = Connection(id="bench", name="bench", application="http", api_type="", http=http_settings)
    with door.channel(connection).stream(Request("GET", "/")) as body:
        size = sum(len(piece) for piece in body.pieces())
    door.close()
    return size


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    child = os.fork()
    if child == 0:
        serve(listener, megabytes)
    try:
        for _ in range(2):
            measured("plain socket", lambda: raw(port))
            measured("http.client", lambda: standard(port))
            measured("egress stream().pieces()", lambda: egress(port))
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
