"""A local S3 server in a process of its own, started by the tests and gone with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = """
import sys, urllib.request
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/{sys.argv[1]}", method="PUT")).read()
print(port, flush=True)
sys.stdin.read()
"""


@contextmanager
def storing(bucket: str) -> Iterator[str]:
    """Run a server with one empty bucket; yield the base URI of a connection to it."""
    command = [sys.executable, "-c", PROGRAM, bucket]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        assert port, "the S3 server did not start"
        try:
            yield f"s3+http://tester@127.0.0.1:{port}/eu-central-1"
        finally:
            server.kill()
