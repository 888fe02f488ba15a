"""What the listeners serve from."""

from concurrent.futures import Executor
from dataclasses import dataclass

from pendosim.faults import Faults
from pendosim.keys import Keys
from pendosim.throttle import Throttle
from pendosim.web.requests_seen import RequestLog
from pendosim.world.world import World

KEY_HEADER = "x-pendo-integration-key"


@dataclass(frozen=True)
class Subscription:
    world: World
    keys: Keys
    faults: Faults
    log: RequestLog
    throttle: Throttle
    quick: Executor
    """Threads for everything but aggregations, so that nothing waits for those."""
