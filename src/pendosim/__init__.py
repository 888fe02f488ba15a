"""A local Pendo that behaves like the real one, for trying flows and for tests."""

from pendosim.clock import SettableClock
from pendosim.expected import Expected
from pendosim.faults import Fault
from pendosim.options import Options
from pendosim.running import Pendo, running

__all__ = ["Expected", "Fault", "Options", "Pendo", "SettableClock", "running"]
