"""Who may call: integration keys with their rights, and Track event shared secrets."""

import hmac
from dataclasses import dataclass, field

from pendosim.options import REGIONS, Options


@dataclass
class Key:
    """One integration key. Change its fields while the simulator runs to revoke or limit it."""

    value: str = field(repr=False)
    label: str
    write: bool
    revoked: bool = False
    refused_paths: tuple[str, ...] = ()
    """Path prefixes this key may not use, such as /api/v1/report."""

    def may_use(self, path: str) -> bool:
        return not any(path.startswith(prefix) for prefix in self.refused_paths)


class Keys:
    def __init__(self, options: Options) -> None:
        self._keys = [
            Key(options.key, "key", write=True),
            Key(options.read_only_key, "read_only_key", write=False),
        ]
        self._secret = options.track_secret
        self._region = options.region
        self.foreign_region_status = options.foreign_region_status

    def find(self, given: str) -> Key | None:
        """None for an unknown or revoked key."""
        return next((key for key in self._keys if _same(key.value, given) and not key.revoked), None)

    def named(self, label: str) -> Key:
        return next(key for key in self._keys if key.label == label)

    def is_track_secret(self, given: str) -> bool:
        return _same(self._secret, given)

    def label_of(self, given: str) -> str:
        """For the log of requests, which never holds a credential."""
        if self.is_track_secret(given):
            return "track_secret"
        known = next((key.label for key in self._keys if _same(key.value, given)), None)
        return known or ("unknown" if given else "none")

    def is_of_another_region(self, given: str) -> bool:
        suffix = given.rsplit(".", 1)[-1]
        return suffix in REGIONS and suffix != self._region


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogateescape"))
