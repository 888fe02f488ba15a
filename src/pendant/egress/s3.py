"""The way to the buckets of one S3 storage, with one access key.

The name of the storage is resolved and judged before its library is told about it. Where nothing is encrypted the
library gets the very address that was judged; with TLS it looks the name up again and checks the certificate.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote

from pyarrow import fs

from pendant.egress.address import parse_base_uri
from pendant.egress.channel import Desk
from pendant.egress.resolving import first_address
from pendant.egress.verdict import EXCERPT_CHARACTERS_MAX
from pendant.errors import CredentialsRefused, RemoteProblem, RequestRefused, Unreachable
from pendant.model.connection import PLAIN_SCHEMES, Connection
from pendant.model.scrub import Forms
from pendant.model.secret import Secret

SCHEMES = ("s3", "s3+http")
REGION = "us-east-1"
CONNECT_SECONDS = 15
REQUEST_SECONDS = 60
# Begins the name of an object that is still on its way.
ARRIVING = ".pendant-"
PIECE_BYTES = 8 * 1024 * 1024


@contextmanager
def opened(desk: Desk, connection: Connection, token: Secret | None) -> Iterator[Storage]:
    uri = parse_base_uri(connection.http.base_uri, schemes=SCHEMES)
    address = first_address(desk.ground, connection.http, uri)
    plain = uri.scheme in PLAIN_SCHEMES
    secret = token if token is not None else desk.opener.open(connection)
    text = secret.reveal()
    with desk.scrubber.hold(text) as known:
        files = fs.S3FileSystem(
            access_key=unquote(uri.user),
            secret_key=text,
            region=uri.path.removeprefix("/") or REGION,
            scheme="http" if plain else "https",
            endpoint_override=f"{_in_brackets(address) if plain else _in_brackets(uri.host)}:{uri.port}",
            connect_timeout=CONNECT_SECONDS,
            request_timeout=REQUEST_SECONDS,
            # Pieces that wait for their turn would all be held in memory.
            background_writes=False,
        )
        yield Storage(files, uri.host, known)


class Storage:
    """Objects by path, which begins with the bucket. Raises the RemoteProblem family; texts hold no secret."""

    def __init__(self, files: fs.S3FileSystem, host: str, known: Forms) -> None:
        self._files = files
        self._host = host
        self._known = known

    def sign_in(self) -> bool:
        """Return whether this key may list buckets; raise CredentialsRefused when it is not taken at all."""
        try:
            with self._named():
                self._files.get_file_info(fs.FileSelector("", recursive=False))
        except RequestRefused as problem:
            if problem.code == "storage_denied":
                return False
            raise
        return True

    def size(self, path: str) -> int | None:
        """Return the number of bytes of an object, or None when there is none."""
        with self._named():
            found = self._files.get_file_info(path)
        return found.size if found.type == fs.FileType.File else None

    def below(self, folder: str) -> list[str]:
        """Return the paths of the objects below a folder, but for those that are not complete yet."""
        with self._named():
            selector = fs.FileSelector(folder, recursive=True, allow_not_found=True)
            found = self._files.get_file_info(selector)
        return sorted(one.path for one in found if one.is_file and not one.base_name.startswith(ARRIVING))

    def put(self, source: Path, path: str) -> None:
        """Upload a file in pieces. The object appears, or changes, when all of them have arrived.

        An upload that breaks off is completed by the library with what it has; so it goes to another key, and the
        storage copies it when its size is right. It does so for up to 5 GB.
        """
        folder, _, name = path.rpartition("/")
        arriving = f"{folder}/{ARRIVING}{name}"
        try:
            with (
                source.open("rb") as file,
                self._named(),
                self._files.open_output_stream(arriving, compression=None) as stream,
            ):
                while piece := file.read(PIECE_BYTES):
                    stream.write(piece)
            if self.size(arriving) != source.stat().st_size:
                raise RequestRefused("storage_incomplete", f"{self._host} did not keep all of {path}.")
            with self._named():
                self._files.copy_file(arriving, path)
        finally:
            # What cannot be removed now is overwritten by the next upload.
            with suppress(OSError):
                self._files.delete_file(arriving)

    def get(self, path: str, target: Path) -> None:
        with target.open("xb") as file, self._named(), self._files.open_input_stream(path, compression=None) as stream:
            while piece := stream.read(PIECE_BYTES):
                file.write(piece)

    def remove(self, path: str) -> None:
        with self._named():
            self._files.delete_file(path)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise _problem(self._known.text(" ".join(str(problem).split())), self._host) from None


def _in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _problem(words: str, host: str) -> RemoteProblem:
    words = words[:EXCERPT_CHARACTERS_MAX]
    for kind, code, message, hint, signs in _SIGNS:
        if any(sign in words for sign in signs):
            return kind(code, message.format(host=host), hint=hint, excerpt=words)
    return RequestRefused("storage_refused", f"{host} refused a request: {words}", hint="Nothing was changed.")


# Which sign in the words means what. The first that is found counts.
_SIGNS: tuple[tuple[type[RemoteProblem], str, str, str, tuple[str, ...]], ...] = (
    (
        CredentialsRefused,
        "credentials_refused",
        "{host} does not take this access key.",
        "Enter the secret access key again, or correct the access key id.",
        ("INVALID_ACCESS_KEY_ID", "InvalidAccessKeyId", "SIGNATURE_DOES_NOT_MATCH", "SignatureDoesNotMatch"),
    ),
    (
        RequestRefused,
        "bucket_missing",
        "{host} has no such bucket.",
        "Create it there, or correct its name in the target.",
        ("NO_SUCH_BUCKET", "NoSuchBucket", "does not exist"),
    ),
    (
        RequestRefused,
        "storage_denied",
        "{host} does not allow this access key to do that.",
        "Grant it reading, writing and listing of the bucket.",
        ("ACCESS_DENIED", "AccessDenied", "Forbidden", "403"),
    ),
    (
        Unreachable,
        "unreachable",
        "{host} cannot be reached.",
        "Check the address, and whether this machine may connect to it.",
        ("NETWORK_CONNECTION", "curlCode", "timed out", "Timeout"),
    ),
)
