"""A record of every format version that was ever released. They open for ever; nothing here may be regenerated."""

from typing import Any

from pendant.model.connection import Authentication, Connection, HttpSettings
from pendant.model.vault import VaultState
from pendant.store import connections
from pendant.vault.providers import EnvironmentKey

ROOT_KEY = bytes(range(1, 33)).hex()
ROOT_KID = "d5dde8a1f8f19a4e"
INSTANCE_ID = "6f1c0a52-0000-4000-8000-00000000000a"
KEK_ID = "6f1c0a52-0000-4000-8000-00000000000c"
CONNECTION = Connection(
    id="6f1c0a52-0000-4000-8000-00000000000b",
    name="Golden",
    application="pendo",
    api_type="engage",
    http=HttpSettings("https://app.pendo.io", Authentication("header", "x-pendo-integration-key")),
    version=3,
)
BINDING = "c573843285132ee2722ab9de6a3237d13dd7ea64878b28d46c033a5b4f25c7bd"
TOKEN = "pendant-golden-token-0001"

VERSION_1 = {
    "wrapped": "0101e2812051342201009f074ab25a23bfc92da6c269537e46b23f78216f0e111c55dbc43e29a9e6"
    "271a176d7bb3ea1b7a18d67800e17941536ceb0539d6",
    "dek": "010135b1cbd615818c4b6cb2caa3243fbae96f0732234a6163521f37c6d3ba7b9b2bbddf66590f46"
    "ce451a74bda71af47eaf3741cb14c0dcb3f83eeb3982",
    "ct": "0101a7a015db96ca838258295f39e1fd8c97b62d17eadc507baeb992befaa07e89ff00071229001d"
    "94bb1cba35cdbffb33f66bf5e33b2c4e49729f930c463fcfe1c916139978c99262c0de66d5635ca1"
    "ec3a9f708f10cd2e80ec7cf49e8e",
}


def test_a15_the_record_of_format_version_1_still_opens(new_installation: Any) -> None:
    installation = new_installation("golden", start=False)
    with installation.database.begin() as tx:
        connections.insert(tx, CONNECTION)
    blobs = {name: bytes.fromhex(text) for name, text in VERSION_1.items()}
    installation.sql("UPDATE instance SET instance_id = ?", INSTANCE_ID)
    installation.sql("INSERT INTO keks VALUES (?, 'active', ?, ?, 0, 1)", KEK_ID, ROOT_KID, blobs["wrapped"])
    installation.sql(
        "INSERT INTO secrets VALUES (?, 'token', 3, ?, ?, ?)", CONNECTION.id, KEK_ID, blobs["dek"], blobs["ct"]
    )
    vault = installation.restarted(EnvironmentKey(ROOT_KEY))
    status = vault.start()
    assert (status.state, status.root_kid, status.secrets) == (VaultState.OK, ROOT_KID, 1)
    assert vault.open(CONNECTION).reveal() == TOKEN


def test_a15_the_binding_of_the_golden_connection_is_what_it_was() -> None:
    assert CONNECTION.binding.hex() == BINDING
