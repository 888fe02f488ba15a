"""A certificate authority of our own, for servers that live as long as a test."""

from __future__ import annotations

import ssl
import tempfile
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pendant.egress.line import tls_context


@dataclass(frozen=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def certificates(title: str = "Authority of a test") -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(title)
    made = _builder(name, name, key, 10).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return Authority(key, made.add_extension(usage, critical=True).sign(key, hashes.SHA256()))


def trusting(authority: Authority) -> ssl.SSLContext:
    """The product's own context, which trusts this authority as well."""
    context = tls_context()
    context.load_verify_locations(cadata=authority.certificate.public_bytes(serialization.Encoding.PEM).decode())
    return context


def server_context(
    authority: Authority,
    host: str,
    *,
    days: int = 10,
    self_signed: bool = False,
    other_authority: bool = False,
    old: bool = False,
) -> ssl.SSLContext:
    signer = certificates("Another authority") if other_authority else authority
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name(host) if self_signed else signer.certificate.subject
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    builder = _builder(_name(host), issuer, key, days).add_extension(names, critical=False)
    certificate = builder.sign(key if self_signed else signer.key, hashes.SHA256())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if old:
        allow_old(context)
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    _load(context, key, certificate)
    return context


def allow_old(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    end = datetime.now(UTC) + timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=20))
        .not_valid_after(end)
    )


def _load(context: ssl.SSLContext, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(path)
