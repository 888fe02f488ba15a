"""The command `pendosim`."""

import asyncio
import signal
import sys
from typing import Annotated

from cyclopts import App, Parameter

from pendosim.clock import SettableClock
from pendosim.faults import Fault, fault_of_text
from pendosim.options import Options
from pendosim.server import LOOPBACK, Ports, Server
from pendosim.values import to_json

app = App(name="pendosim", help="A local Pendo that behaves like the real one.", version_flags=[])
_DEFAULTS = Options(key="-", read_only_key="-", track_secret="-")  # noqa: S106 - placeholders; real ones are generated


@app.command
def serve(
    *,
    host: str = LOOPBACK,
    port: int = 0,
    data_port: int = 0,
    control_port: int = 0,
    key: str = "",
    read_only_key: str = "",
    track_secret: str = "",
    visitors: int = _DEFAULTS.visitors,
    accounts: int = _DEFAULTS.accounts,
    days: int = _DEFAULTS.days,
    events_per_day: int = _DEFAULTS.events_per_day,
    apps: int = _DEFAULTS.apps,
    seed: int = _DEFAULTS.seed,
    timezone: str = _DEFAULTS.timezone,
    region: str = _DEFAULTS.region,
    one_timestamp: bool = False,
    odd_ids: bool = True,
    foreign_region_status: int = _DEFAULTS.foreign_region_status,
    filter_event_class: bool = False,
    aggregation_seconds: int = _DEFAULTS.aggregation_seconds,
    aggregation_bytes: int = _DEFAULTS.aggregation_bytes,
    now: Annotated[int | None, Parameter(help="Stop the clock at this many milliseconds since the epoch.")] = None,
    fault: Annotated[list[str] | None, Parameter(help="KIND,name=value,... (may be repeated).")] = None,
) -> None:
    """Serve a made-up subscription until interrupted.

    When ready it prints one line of JSON with the URLs and the credentials. What is not given is generated.
    """
    try:
        options = Options(
            visitors=visitors,
            accounts=accounts,
            days=days,
            events_per_day=events_per_day,
            apps=apps,
            seed=seed,
            timezone=timezone,
            region=region,
            one_timestamp=one_timestamp,
            odd_ids=odd_ids,
            foreign_region_status=foreign_region_status,
            filter_event_class=filter_event_class,
            aggregation_seconds=aggregation_seconds,
            aggregation_bytes=aggregation_bytes,
            key=key,
            read_only_key=read_only_key,
            track_secret=track_secret,
        )
        faults = [fault_of_text(text) for text in fault or []]
        server = Server(options, SettableClock(now), Ports(host, port, data_port, control_port))
        asyncio.run(_serve(server, faults))
    except (ValueError, OSError, OverflowError) as bad:
        sys.stderr.write(f"pendosim: {bad}\n")
        sys.exit(2)


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
        await server.stop()


def run() -> None:
    app()
