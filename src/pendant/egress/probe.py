"""The first stages of Test connection: may we go there, does the name resolve, can the encryption be trusted."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator

from aiohttp.abc import ResolveResult

from pendant.egress.address import HTTP, check_base_uri, parse_base_uri
from pendant.egress.judge import Refused, socket_factory
from pendant.egress.line import Ground
from pendant.egress.reach import AddressRule, parse_address
from pendant.egress.resolving import resolve
from pendant.egress.verdict import ADDRESS, NAME, NO_WAY, Verdict, of_tls
from pendant.errors import AddressRefused, WrongInput
from pendant.model.connection import HttpSettings, StageOutcome, TestStage

PROBE_SECONDS = 15.0

TITLES = {
    "address": "Address allowed",
    "name": "Name resolves",
    "tls": "Encrypted and trusted (TLS)",
}


def stages(ground: Ground, http: HttpSettings) -> Iterator[TestStage]:
    """Yield address, name and tls. After a failure the rest is skipped. Says as little about a refused or silent
    address as about an open one, so that nobody maps a network with it.
    """
    yield (address := _address(ground, http))
    if address.outcome == "failed":
        yield from _skipped("name", "tls")
        return
    found, name = _name(ground, http)
    yield name
    if not found:
        yield from _skipped("tls")
        return
    yield _tls(ground, http, found)


def _address(ground: Ground, http: HttpSettings) -> TestStage:
    try:
        check_base_uri(
            http.base_uri, allow_networks=ground.allow_networks, network=http.network, schemes=(http.scheme,)
        )
    except (WrongInput, AddressRefused) as problem:
        return _stage("address", "failed", problem.message, problem.hint, problem.code)
    where = "on the public internet" if http.network == "public" else "inside the allowed networks"
    return _stage("address", "ok", f"{http.base_uri} may be reached {where}.")


def _name(ground: Ground, http: HttpSettings) -> tuple[list[ResolveResult], TestStage]:
    uri = parse_base_uri(http.base_uri, schemes=(http.scheme,))
    try:
        found = ground.loop.run(resolve(ground, http, uri.host, uri.port))
    except Refused:
        return [], _failed("name", ADDRESS, uri.host)
    except (OSError, TimeoutError):
        return [], _failed("name", NAME, uri.host)
    if parse_address(uri.host) is not None:
        return found, _stage("name", "ok", f"{uri.host} is an address; there is no name to resolve.")
    plural = "address" if len(found) == 1 else "addresses"
    return found, _stage("name", "ok", f"{uri.host} resolves to {len(found)} {plural}.")


def _tls(ground: Ground, http: HttpSettings, found: list[ResolveResult]) -> TestStage:
    uri = parse_base_uri(http.base_uri, schemes=(http.scheme,))
    if uri.scheme not in HTTP:
        return _stage("tls", "skipped", "Agreed on while signing in.")
    if uri.scheme == "http":
        return _stage("tls", "skipped", "Plain http inside an allowed private network: nothing is encrypted.")
    try:
        detail = ground.loop.run(_handshake(ground, http, uri.host, found))
    except Refused:
        return _failed("tls", ADDRESS, uri.host)
    except ssl.SSLError as problem:
        return _failed("tls", of_tls(problem), uri.host)
    except (OSError, TimeoutError):
        return _failed("tls", NO_WAY, uri.host)
    return _stage("tls", "ok", detail)


async def _handshake(ground: Ground, http: HttpSettings, host: str, found: list[ResolveResult]) -> str:
    """Connect to the first address that answers, and say which encryption was agreed on."""
    async with asyncio.timeout(PROBE_SECONDS):
        sock = await _connected(AddressRule(http.network, ground.allow_networks), found)
        _, writer = await asyncio.open_connection(sock=sock, ssl=ground.tls(), server_hostname=host)
    try:
        engine = writer.get_extra_info("ssl_object")
        return f"{engine.version()}, certificate valid for {host}{_until(engine.getpeercert())}."
    finally:
        # Not closed politely: nothing was said, and the other side may never answer the farewell.
        writer.transport.abort()


async def _connected(rule: AddressRule, found: list[ResolveResult]) -> socket.socket:
    problem: OSError | None = None
    for result in found:
        target = (result["host"], result["port"])
        sock = socket_factory(rule)((result["family"], socket.SOCK_STREAM, result["proto"], "", target))
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, target)
        except OSError as one:
            sock.close()
            problem = one
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem or OSError("no address")


def _until(certificate: dict[str, object] | None) -> str:
    text = (certificate or {}).get("notAfter")
    return f" until {text}" if isinstance(text, str) else ""


def _failed(name: str, verdict: Verdict, host: str) -> TestStage:
    return _stage(name, "failed", verdict.message.format(host=host, status="", tries=""), verdict.hint, verdict.code)


def _skipped(*names: str) -> Iterator[TestStage]:
    for name in names:
        yield _stage(name, "skipped", "Not tried, because of the failure above.")


def _stage(name: str, outcome: StageOutcome, detail: str, hint: str = "", code: str = "") -> TestStage:
    return TestStage(name=name, title=TITLES[name], outcome=outcome, detail=detail, hint=hint, code=code)
