"""How long what was written takes to show."""

from dataclasses import asdict, dataclass

SECONDS_MAX = 100 * 365 * 86_400


@dataclass
class Lags:
    """Seconds; 0 is at once. Change them while the simulator runs: they count for what is written from then on."""

    ingest_lag: float = 0
    """From a track or conversation event to everything that counts it."""
    metadata_lag: float = 0
    """From a metadata write to aggregation; single reads see it at once."""
    segment_delay: float = 0
    """From a segment write to its new members."""
    erase_delay: float = 0
    """From a bulk deletion to the end of the erased."""

    def __post_init__(self) -> None:
        self.change()

    def change(self, /, **seconds: float) -> None:
        """All of them or none. Raises ValueError with a sentence."""
        wanted = asdict(self) | seconds
        unknown = wanted.keys() - asdict(self).keys()
        if unknown:
            raise ValueError(f"unknown lag {', '.join(sorted(unknown))[:100]}; wanted {', '.join(asdict(self))}")
        for name, value in wanted.items():
            if not _is_seconds(value):
                raise ValueError(f"{name} is {str(value)[:40]}; wanted seconds from 0 to {SECONDS_MAX}")
        for name, value in seconds.items():
            setattr(self, name, value)

    def due(self, name: str, now: int) -> int:
        """When something written at `now` shows; both in milliseconds since the epoch."""
        seconds: float = getattr(self, name)
        return now + round(seconds * 1000)


def _is_seconds(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return 0 <= value <= SECONDS_MAX
