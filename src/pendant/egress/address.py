"""The URL rule: parsed once, by one strict parser, and put together again from checked parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from pendant.egress.reach import METADATA_NAMES, AddressRule, Network, address_refused, is_public, parse_address
from pendant.errors import WrongInput
from pendant.model.connection import DEFAULT_PORTS, PLAIN_SCHEMES
from pendant.model.connection import Network as Policy

PORT_MAX = 65535
URI_LENGTH_MAX = 2000
_HOST_LENGTH_MAX = 253
HTTP = ("https", "http")

_URI = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?")
_AUTHORITY = re.compile(r"(?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:]+))(?::(?P<port>[0-9]{1,5}))?")
_USER = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2}){1,200}")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)*")
_QUERY = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]|]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class BaseUri:
    """The checked parts of a base URI. `host` is lower case ASCII without a trailing dot, IPv6 without brackets.
    `user` is for systems whose token is the password of one; it is empty for HTTP.
    """

    scheme: str
    host: str
    port: int
    path: str
    user: str = ""

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = f"{self.user}@{host}" if self.user else host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def check_base_uri(
    text: str,
    *,
    allow_networks: tuple[Network, ...],
    network: Policy | None = None,
    schemes: tuple[str, ...] = HTTP,
) -> tuple[str, Policy]:
    """Return the canonical form of a base URI and the network policy its connection has.

    `network` states the policy instead of deriving it: an internal https name is "private" only when somebody
    says so. A name is judged when it is connected to; here only what can be seen in the text.
    Raises WrongInput base_uri_invalid or AddressRefused address_refused.
    """
    uri = parse_base_uri(text, schemes=schemes)
    if uri.host in METADATA_NAMES:
        raise address_refused(uri.host, "it is a metadata service", hint="No setting opens it.")
    policy = network or _policy_of(uri, allow_networks)
    _refuse_out_of_policy(uri, policy, allow_networks)
    return str(uri), policy


def _policy_of(uri: BaseUri, allow_networks: tuple[Network, ...]) -> Policy:
    address = parse_address(uri.host)
    if uri.scheme in PLAIN_SCHEMES or _is_local_name(uri.host):
        return "private"
    if address is not None and not is_public(address) and AddressRule("private", allow_networks).allows(address):
        return "private"
    return "public"


def _refuse_out_of_policy(uri: BaseUri, policy: Policy, allow_networks: tuple[Network, ...]) -> None:
    address = parse_address(uri.host)
    rule = AddressRule(policy, allow_networks)
    if uri.scheme in PLAIN_SCHEMES and policy == "public":
        raise address_refused(uri.authority, "plain http reaches allowed private networks only", hint="Use https.")
    if policy == "private" and not allow_networks:
        raise address_refused(uri.authority, "no private network is allowed here")
    if address is not None and not rule.allows(address):
        reason = "it is not public" if policy == "public" else "it lies in no allowed network"
        raise address_refused(uri.authority, reason)
    if _is_local_name(uri.host) and not any(rule.allows_text(text) for text in ("127.0.0.1", "::1")):
        raise address_refused(uri.authority, "it is this machine itself")


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def parse_base_uri(text: str, *, schemes: tuple[str, ...] = HTTP) -> BaseUri:
    text = text.strip(" ")
    if not text:
        raise _invalid("is missing")
    if len(text) > URI_LENGTH_MAX:
        raise _invalid(f"is longer than {URI_LENGTH_MAX} characters")
    _refuse_characters(text)
    parts = _URI.fullmatch(text)
    if parts is None:
        raise _invalid(f"is not of the form {schemes[0]}://host/path, without query and fragment")
    scheme = parts["scheme"].lower()
    if scheme not in schemes:
        raise _invalid(f"does not begin with {' or '.join(f'{known}://' for known in schemes)}")
    user, authority = ("", parts["authority"]) if scheme in HTTP else _user(parts["authority"])
    host, port = _host_and_port(authority, DEFAULT_PORTS[scheme])
    path = (parts["path"] or "").rstrip("/")
    if path:
        check_path(path, field="base_uri")
    return BaseUri(scheme, host, port, path, user)


def _user(authority: str) -> tuple[str, str]:
    user, _, place = authority.rpartition("@")
    if not _USER.fullmatch(user):
        raise _invalid(
            "does not name the user, as name@host, or has a password", hint="The password has its own field, the token."
        )
    return user, place


def _refuse_characters(text: str) -> None:
    if any(character <= " " or character == "\x7f" for character in text):
        raise _invalid("contains a space or a control character")
    if "\\" in text:
        raise _invalid("contains a backslash")


def _host_and_port(authority: str, default_port: int) -> tuple[str, int]:
    if "@" in authority:
        raise _invalid("contains a user name", hint="The token has its own field.")
    if "%" in authority:
        raise _invalid("has a percent-encoded host")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise _invalid("has no valid host and port")
    port = int(parts["port"]) if parts["port"] else default_port
    if not 0 < port <= PORT_MAX:
        raise _invalid(f"has a port outside 1 to {PORT_MAX}")
    return (_literal_host(parts["literal"]) if parts["literal"] else _named_host(parts["name"])), port


def _literal_host(text: str) -> str:
    address = parse_address(text)
    if address is None or ":" not in text:
        raise _invalid("has brackets around something that is not an IPv6 address")
    # An IPv4-mapped address is written as what it is.
    return str(address)


def _named_host(name: str) -> str:
    host = _ascii_host(name).lower().removesuffix(".")
    labels = host.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        if parse_address(host) is None:
            raise _invalid("has a host of numbers that is not a plain IPv4 address such as 203.0.113.7")
        return host
    if len(host) > _HOST_LENGTH_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise _invalid("has a host that is not a valid name")
    if any(label.startswith("xn--") for label in labels):
        _refuse_doubtful_idna(host)
    return host


def _ascii_host(name: str) -> str:
    """Return the IDNA form. A host that only looks like another one, or has two readings, is refused."""
    if name.isascii():
        return name
    try:
        encoded = name.encode("idna").decode("ascii")
        readable = encoded.encode("ascii").decode("idna")
    except UnicodeError:
        raise _invalid("has a host that is not a valid international name") from None
    if readable != name.lower() or (encoded.isascii() and "xn--" not in encoded):
        raise _invalid(
            "has a host with characters that stand for other characters",
            hint="Write the host in plain ASCII, or in its xn-- form.",
        )
    return encoded


def _refuse_doubtful_idna(host: str) -> None:
    try:
        host.encode("ascii").decode("idna")
    except UnicodeError:
        raise _invalid("has an xn-- host that cannot be read") from None


def check_path(path: str, *, field: str = "relative_uri") -> None:
    """Refuse a path that could leave its base or be read in two ways. Segments come percent-encoded."""
    if not path.startswith("/") or path.startswith("//"):
        raise _path_invalid("must begin with one slash", field)
    if not _PATH.fullmatch(path):
        raise _path_invalid("contains characters that must be percent-encoded", field)
    for segment in path.split("/"):
        if unquote(segment).partition(";")[0] in (".", ".."):
            raise _path_invalid("contains . or .. as a segment", field)


def relative_parts(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return path and query of a relative URI as a person writes it, such as `/api/v1/page?expand=*`."""
    path, _, query = text.strip(" ").partition("?")
    if "://" in path:
        raise _path_invalid("is a whole address", "relative_uri")
    path = path if path.startswith("/") else f"/{path}"
    check_path(path)
    if not _QUERY.fullmatch(query):
        raise _path_invalid("has a query with characters that must be percent-encoded", "relative_uri")
    return path, tuple(parse_qsl(query, keep_blank_values=True))


def _invalid(what: str, *, hint: str = "") -> WrongInput:
    return WrongInput(
        "base_uri_invalid",
        f"The base URI {what}.",
        hint=hint or "An address such as https://app.pendo.io is needed.",
        field="base_uri",
    )


def _path_invalid(what: str, field: str) -> WrongInput:
    if field == "base_uri":
        return _invalid(f"has a path that {what}")
    return WrongInput(
        "relative_uri_invalid",
        f"The relative URI {what}.",
        hint="A path below the base URI such as /api/v1/page is needed.",
        field=field,
    )
