"""A PostgreSQL server of the tests' own, started from Debian's package on a free port, and gone with them."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "loader"


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    password: str

    @property
    def address(self) -> str:
        """Return the base URI of a connection to it."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"


def binaries() -> Path | None:
    """Return the newest installation, or None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running(*options: str) -> Iterator[Server]:
    """Run a server; the password is made for it and asked of every connection."""
    programs = binaries()
    assert programs is not None
    # A server refuses to run as root, and the folder of the tests is closed to anybody else.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if os.getuid() == 0:
        shutil.chown(folder, "nobody")
    try:
        server = Server(_free_port(), secrets.token_hex(8))
        _as_somebody(folder, programs / "initdb", *_setup(folder, server.password))
        data = str(folder / "data")
        settings = f"-p {server.port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off {' '.join(options)}"
        control = (programs / "pg_ctl", "-D", data, "-w")
        _as_somebody(folder, *control, "-l", str(folder / "log"), "-o", settings, "start")
        try:
            yield server
        finally:
            _as_somebody(folder, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _setup(folder: Path, password: str) -> list[str]:
    file = folder / "password"
    file.write_text(password)
    file.chmod(0o644)
    return ["-D", str(folder / "data"), "-U", USER, f"--pwfile={file}", "-A", "scram-sha-256", "-E", "UTF8", "-N"]


def _as_somebody(folder: Path, *command: str | Path) -> None:
    user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        **user,
    )
    assert done.returncode == 0, done.stderr.decode()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
