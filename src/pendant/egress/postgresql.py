"""The way to a PostgreSQL database: one connection, to an address that was judged, as the user the address names.

The library that speaks the protocol is told the very address to connect to, so that no name is looked up twice.
Towards the public internet it checks the certificate and the name in it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import adbc_driver_manager
import adbc_driver_postgresql.dbapi

from pendant.egress.address import BaseUri, parse_base_uri
from pendant.egress.channel import Desk
from pendant.egress.resolving import first_address
from pendant.egress.verdict import EXCERPT_CHARACTERS_MAX, NO_WAY
from pendant.errors import CredentialsRefused, PendantError, RemoteProblem, RequestRefused, ServerTrouble, Unreachable
from pendant.model.connection import Connection
from pendant.model.scrub import Forms
from pendant.model.secret import Secret

SCHEMES = ("postgresql",)
CONNECT_SECONDS = 15
# A peer that is gone without a word is noticed after this time, also while a statement runs.
SILENCE_SECONDS = 60
LOCK_SECONDS = 60
_SYSTEM_CERTIFICATES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))


@contextmanager
def connected(desk: Desk, connection: Connection, token: Secret | None) -> Iterator[Any]:
    """Yield a connection of ADBC on which every statement is a transaction, until one says BEGIN.

    What the driver raises inside becomes the product's own error, without the password.
    """
    uri = parse_base_uri(connection.http.base_uri, schemes=SCHEMES)
    address = first_address(desk.ground, connection.http, uri)
    secret = token if token is not None else desk.opener.open(connection)
    password = secret.reveal()
    with desk.scrubber.hold(password) as known:
        parameters = _parameters(connection, uri, address) | {"password": password}
        try:
            with adbc_driver_postgresql.dbapi.connect(_conninfo(parameters), autocommit=True) as opened:
                yield opened
        except adbc_driver_manager.Error as problem:
            raise _named(problem, uri.host, known) from None


def _parameters(connection: Connection, uri: BaseUri, address: str) -> dict[str, str]:
    """Return everything that decides where and how to connect, so that neither environment nor files add to it."""
    return {
        "host": uri.host,
        "hostaddr": address,
        "port": str(uri.port),
        "user": unquote(uri.user),
        "dbname": unquote(uri.path.removeprefix("/")) or "postgres",
        "sslmode": "verify-full" if connection.http.encrypted else "prefer",
        "sslrootcert": _certificates() if connection.http.encrypted else "",
        "sslcert": "",
        "sslkey": "",
        "gssencmode": "disable",
        "passfile": "/dev/null",
        "options": f"-c timezone=UTC -c datestyle=ISO -c lock_timeout={LOCK_SECONDS}s -c client_min_messages=error",
        "application_name": "pendant",
        "connect_timeout": str(CONNECT_SECONDS),
        "tcp_user_timeout": str(SILENCE_SECONDS * 1000),
        "target_session_attrs": "any",
    }


def _certificates() -> str:
    """Return the file of the certificates this machine trusts; SSL_CERT_FILE names another."""
    named = ssl.get_default_verify_paths().cafile
    return next((str(path) for path in (Path(named or ""), *_SYSTEM_CERTIFICATES) if path.is_file()), "")


def _conninfo(parameters: dict[str, str]) -> str:
    escaped = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in parameters.items()}
    return " ".join(f"{name}='{value}'" for name, value in escaped.items())


def _named(problem: adbc_driver_manager.Error, host: str, known: Forms) -> PendantError:
    words = known.text(" ".join(str(problem).split()))[:EXCERPT_CHARACTERS_MAX]
    state = problem.sqlstate or ""
    for kind, code, message, hint, signs in _SIGNS:
        if any(sign in words or sign == state[: len(sign)] != "" for sign in signs):
            return kind(code, message.format(host=host), hint=hint, excerpt=words)
    return RequestRefused(
        "database_refused",
        f"{host} refused a statement: {_essence(words)}",
        hint="Nothing was changed. Look at the table, or leave out the column it names.",
        excerpt=words,
    )


def _essence(words: str) -> str:
    """Return what the server itself said, without the driver's words around it."""
    said = words.partition("ERROR: ")[2] or words
    return said.partition(" Query was:")[0].partition(". SQLSTATE:")[0].strip()


# Which sign, in the words or at the beginning of the state, means what. The first that is found counts.
_SIGNS: tuple[tuple[type[RemoteProblem], str, str, str, tuple[str, ...]], ...] = (
    (
        CredentialsRefused,
        "credentials_refused",
        "{host} does not take this user and password.",
        "Enter the password again, or correct the user.",
        ("password authentication failed", "no password supplied", "no pg_hba.conf entry", "28"),
    ),
    (
        Unreachable,
        "tls_failed",
        "{host} has no encryption that can be trusted.",
        "Let the server have a certificate of its name; without one it must lie in an allowed private network.",
        ("certificate", "SSL"),
    ),
    (
        RequestRefused,
        "database_missing",
        "{host} has no such database.",
        "Correct the database in the address of the connection.",
        ("3D000", 'database "'),
    ),
    (
        RequestRefused,
        "database_permission",
        "{host} does not allow this user to write there.",
        "Grant the user CREATE on the schema, and make it the owner of the table.",
        ("42501",),
    ),
    (
        ServerTrouble,
        "database_full",
        "{host} has no room left; nothing was changed.",
        "Free some space there, and run it again.",
        ("53100", "No space left"),
    ),
    (
        ServerTrouble,
        "database_busy",
        "{host} could not do it now, because something else holds the table or the server is closing.",
        "Run it again later.",
        ("55P03", "40", "53", "57P"),
    ),
    (NO_WAY.error, NO_WAY.code, "{host} cannot be reached.", NO_WAY.hint, ("Failed to connect", "08", "server closed")),
)
