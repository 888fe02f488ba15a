"""The command `pendosim`."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import pyarrow as pa
from cyclopts import App, Parameter

from pendosim.clock import SettableClock
from pendosim.faults import Fault, fault_of_text
from pendosim.options import Options
from pendosim.server import LOOPBACK, Ports, Server
from pendosim.values import to_json

app = App(name="pendosim", help="A local Pendo that behaves like the real one.", version_flags=[])


@dataclass(frozen=True)
class Listening:
    host: str = LOOPBACK
    port: int = 0
    data_port: int = 0
    control_port: int = 0


@app.command
def serve(
    *,
    options: Annotated[Options | None, Parameter(name="*")] = None,
    listening: Annotated[Listening | None, Parameter(name="*")] = None,
    now: Annotated[int | None, Parameter(help="Stop the clock at this many milliseconds since the epoch.")] = None,
    fault: Annotated[list[str] | None, Parameter(help="KIND,name=value,... (may be repeated).", negative="")] = None,
) -> None:
    """Serve a made-up subscription until interrupted.

    When ready it prints one line of JSON with the URLs and the credentials. What is not given is generated.
    """
    at = listening or Listening()
    faults = [fault_of_text(text) for text in fault or []]
    ports = Ports(at.host, at.port, at.data_port, at.control_port)
    # Arrow's own allocator gives memory back and asks for it again; with a world this large that costs seconds.
    pa.set_memory_pool(pa.system_memory_pool())
    asyncio.run(_serve(Server(options or Options(), SettableClock(now), ports), faults))


async def _serve(server: Server, faults: list[Fault]) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    for one in faults:
        server.faults.arm(one)
    await server.start()
    sys.stdout.write(to_json(server.description()).decode() + "\n")
    sys.stdout.flush()
    try:
        await ended.wait()
    finally:
        await server.end()


def run(arguments: Sequence[str] | None = None) -> None:
    """Run, with the command line's arguments unless given.

    Settings are judged where they are made, most of them while the command line is read.
    """
    try:
        app(arguments)
    except (ValueError, OSError, OverflowError) as bad:
        sys.stderr.write(f"pendosim: {bad}\n")
        sys.exit(2)
