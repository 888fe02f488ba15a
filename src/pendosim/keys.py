"""Who may call: integration keys with their rights, and the Track event shared secret of each application."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pendosim.options import REGIONS, Options, generated_secret, secret_of_app
from pendosim.world.ids import DEFAULT_APP_ID, app_id

_CHANGEABLE = ("write", "revoked", "refused_paths", "allowed_endpoints")


@dataclass
class Key:
    """One integration key. Change its fields while the simulator runs to revoke or limit it."""

    value: str = field(repr=False)
    label: str
    write: bool
    revoked: bool = False
    refused_paths: tuple[str, ...] = ()
    """Paths this key may not use, with all below them, such as /api/v1/report."""
    allowed_endpoints: tuple[str, ...] | None = None
    """The only paths it may use, each perhaps with a method: `POST /api/v1/aggregation`; None allows all."""

    def may_use(self, method: str, path: str) -> bool:
        if any(_covers(one, method, path) for one in self.refused_paths):
            return False
        return self.allowed_endpoints is None or any(_covers(one, method, path) for one in self.allowed_endpoints)

    def change(self, **settings: Any) -> None:
        """All of them or none. Raises ValueError with a sentence."""
        for name, value in settings.items():
            if name not in _CHANGEABLE:
                raise ValueError(f"a key has no setting {name[:60]!r}; wanted {', '.join(_CHANGEABLE)}")
            _must_fit(name, value)
        for name, value in settings.items():
            setattr(self, name, tuple(value) if isinstance(value, list) else value)

    def described(self) -> dict[str, Any]:
        """Everything but the key itself."""
        return {"label": self.label} | {name: getattr(self, name) for name in _CHANGEABLE}


class Keys:
    def __init__(self, options: Options, app_ids: Sequence[int] | None = None) -> None:
        """Take the applications that options make unless given. Raises ValueError for a secret of another one."""
        self._keys: dict[str, Key] = {}
        self.add(options.key, "key", write=True)
        self.add(options.read_only_key, "read_only_key")
        for text in options.extra_keys:
            self.add(**key_settings(text))
        self.track_secrets = _track_secrets(options, _made_app_ids(options) if app_ids is None else app_ids)
        """By application."""
        self._apps = {secret: app for app, secret in self.track_secrets.items()}
        self._region = options.region
        self.foreign_region_status = options.foreign_region_status

    def add(self, value: str, label: str = "", *, write: bool = False, **settings: Any) -> Key:
        """Another key. Raises ValueError with a sentence."""
        label = label or f"key_{len(self._keys) + 1}"
        if not isinstance(value, str) or not value or value in self._keys:
            raise ValueError("a key has a value of its own")
        if not isinstance(label, str) or any(key.label == label for key in self._keys.values()):
            raise ValueError(f"a key has a label of its own; there is already {str(label)[:60]!r}")
        key = Key(value, label, write=False)
        key.change(write=write, **settings)
        self._keys[value] = key
        return key

    def find(self, given: str) -> Key | None:
        """None for an unknown or revoked key."""
        key = self._keys.get(given)
        return None if key is None or key.revoked else key

    def named(self, label: str) -> Key:
        """Raise ValueError for a label that no key has."""
        for key in self._keys.values():
            if key.label == label:
                return key
        raise ValueError(
            f"there is no key {label[:60]!r}; there are {', '.join(key.label for key in self._keys.values())}"
        )

    def listed(self) -> list[dict[str, Any]]:
        return [key.described() for key in self._keys.values()]

    def app_of(self, secret: str) -> int | None:
        """Find the application whose Track event shared secret this is."""
        return self._apps.get(secret)

    def label_of(self, given: str) -> str:
        """For the log of requests, which never holds a credential."""
        if given in self._apps:
            return "track_secret"
        known = self._keys.get(given)
        return known.label if known else ("unknown" if given else "none")

    def is_of_another_region(self, given: str) -> bool:
        suffix = given.rsplit(".", 1)[-1]
        return suffix in REGIONS and suffix != self._region


def key_settings(text: str) -> dict[str, Any]:
    """`VALUE,write=true,label=crm,allowed_endpoints=/api/v1/page|POST /api/v1/aggregation`. Raises ValueError."""
    value, *settings = text.split(",")
    found: dict[str, Any] = {"value": value}
    for setting in settings:
        name, _, given = setting.partition("=")
        if name in ("write", "revoked"):
            found[name] = {"true": True, "false": False}.get(given, given)
        else:
            found[name] = given if name == "label" else given.split("|")
    return found


def _covers(endpoint: str, method: str, path: str) -> bool:
    of_method, space, prefix = endpoint.partition(" ")
    if not space:
        of_method, prefix = method, endpoint
    return of_method == method and (path == prefix or path.startswith(prefix.rstrip("/") + "/"))


def _must_fit(name: str, value: object) -> None:
    if name in ("write", "revoked"):
        if not isinstance(value, bool):
            raise ValueError(f"{name} is true or false")
    elif value is None and name == "allowed_endpoints":
        return
    elif not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} is a list of paths")


def _made_app_ids(options: Options) -> list[int]:
    return [app_id(number, options.seed) for number in range(options.apps)]


def _track_secrets(options: Options, app_ids: Sequence[int]) -> dict[int, str]:
    given = {DEFAULT_APP_ID: options.track_secret} | dict(map(secret_of_app, options.track_secrets))
    unknown = given.keys() - {DEFAULT_APP_ID, *app_ids}
    if unknown:
        known = ", ".join(map(str, app_ids))
        raise ValueError(f"track secret of application {min(unknown)}, which does not exist; there are {known}")
    found = {app: given.get(app) or generated_secret() for app in app_ids}
    if len(set(found.values())) < len(found):
        raise ValueError("each application has a track secret of its own")
    return found
