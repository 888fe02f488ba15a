"""Settings are read once, from PENDANT_* variables, and fail loudly.

A variable that holds a secret has a `_FILE` twin that names a file holding it instead.
"""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pendant.errors import SetupProblem

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAMES: dict[str, str] = {
    "PENDANT_DATA_DIR": "folder of the state database and run files (default: ~/.local/share/pendant)",
    "PENDANT_KEY_DIR": "folder of the root key, never inside the data folder (default: ~/.config/pendant/keys)",
    "PENDANT_DATABASE_URL": "state database (default: sqlite in the data folder)",
    "PENDANT_DATABASE_URL_FILE": "file that holds PENDANT_DATABASE_URL",
    "PENDANT_EXPORT_DIR": "folder below which the web app and the API may write exports (default: in the data folder)",
    "PENDANT_ALLOW_NETWORKS": "comma-separated CIDRs that connections may reach although private; "
    "plain http is possible only there",
    "PENDANT_HOST": "address the web app binds to (default: 127.0.0.1)",
    "PENDANT_PORT": "port of the web app (default: 8321)",
    "PENDANT_ALLOWED_HOSTS": "comma-separated Host names the web app answers to, beside loopback ones",
    "PENDANT_ROOT_KEY": "root key, 32 bytes as base64 or hex, instead of the key file",
    "PENDANT_ROOT_KEY_FILE": "file that holds the root key: 32 raw bytes, hex or base64",
    "PENDANT_LOG_LEVEL": "debug, info, warning or error (default: info)",
}

PORT_DEFAULT = 8321


@dataclass(frozen=True, slots=True)
class Settings:
    data_dir: Path
    key_dir: Path
    database_url: str = field(repr=False)
    allow_networks: tuple[Network, ...] = ()
    host: str = "127.0.0.1"
    port: int = PORT_DEFAULT
    allowed_hosts: tuple[str, ...] = ()
    root_key: str = field(default="", repr=False)
    root_key_file: Path | None = None
    log_level: str = "info"
    export_dir: Path | None = None

    @property
    def exports(self) -> Path:
        """The folder below which the web app and the API may write exports."""
        return self.export_dir or self.data_dir / "exports"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        _refuse_unknown(environ)
        data_dir = _folder(environ, "PENDANT_DATA_DIR", "~/.local/share/pendant")
        key_dir = _folder(environ, "PENDANT_KEY_DIR", "~/.config/pendant/keys")
        _refuse_nested(data_dir, key_dir)
        key_file = environ.get("PENDANT_ROOT_KEY_FILE", "")
        export_dir = environ.get("PENDANT_EXPORT_DIR", "")
        return cls(
            data_dir=data_dir,
            key_dir=key_dir,
            database_url=_value_or_file(environ, "PENDANT_DATABASE_URL") or f"sqlite:///{data_dir / 'pendant.db'}",
            allow_networks=_networks(environ.get("PENDANT_ALLOW_NETWORKS", "")),
            host=environ.get("PENDANT_HOST", "127.0.0.1"),
            port=_port(environ.get("PENDANT_PORT", str(PORT_DEFAULT))),
            allowed_hosts=tuple(_words(environ.get("PENDANT_ALLOWED_HOSTS", ""))),
            root_key=environ.get("PENDANT_ROOT_KEY", ""),
            root_key_file=Path(key_file) if key_file else None,
            log_level=_log_level(environ.get("PENDANT_LOG_LEVEL", "info")),
            export_dir=Path(export_dir).expanduser().absolute() if export_dir else None,
        )


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    for name in sorted(environ):
        if name.startswith("PENDANT_") and name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1)
            raise SetupProblem(
                "unknown_setting",
                f"There is no setting {name}.",
                hint=f"Did you mean {near[0]}?" if near else "The settings are listed in docs/settings.md.",
                field=name,
            )


def _folder(environ: Mapping[str, str], name: str, default: str) -> Path:
    return Path(environ.get(name) or default).expanduser().absolute()


def _refuse_nested(data_dir: Path, key_dir: Path) -> None:
    data, keys = data_dir.resolve(), key_dir.resolve()
    if keys == data or data in keys.parents:
        raise SetupProblem(
            "key_dir_inside_data_dir",
            f"The key folder {key_dir} lies inside the data folder {data_dir}; a copy of the data would carry its key.",
            hint="Set PENDANT_KEY_DIR to a folder elsewhere.",
            field="PENDANT_KEY_DIR",
        )


def _value_or_file(environ: Mapping[str, str], name: str) -> str:
    path = environ.get(f"{name}_FILE")
    if path is None:
        return environ.get(name, "")
    if name in environ:
        raise SetupProblem("setting_twice", f"Both {name} and {name}_FILE are set; keep one.", field=name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise SetupProblem(
            "setting_file_unreadable",
            f"{name}_FILE names a file that cannot be read ({problem.strerror}).",
            hint="Correct the path or its permissions.",
            field=f"{name}_FILE",
        ) from None


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word) for word in _words(text))
    except ValueError:
        raise SetupProblem(
            "setting_invalid",
            "PENDANT_ALLOW_NETWORKS must be comma-separated networks such as 10.1.0.0/16 or 127.0.0.0/8.",
            field="PENDANT_ALLOW_NETWORKS",
        ) from None


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:  # noqa: PLR2004 - the highest TCP port
        raise SetupProblem(
            "setting_invalid",
            f"PENDANT_PORT is {text!r}; a number from 0 to 65535 is needed.",
            field="PENDANT_PORT",
        )
    return int(text)


def _log_level(text: str) -> str:
    if text.lower() not in ("debug", "info", "warning", "error"):
        raise SetupProblem(
            "setting_invalid",
            f"PENDANT_LOG_LEVEL is {text!r}; debug, info, warning or error is needed.",
            field="PENDANT_LOG_LEVEL",
        )
    return text.lower()
