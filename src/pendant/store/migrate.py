"""Brings the tables to the newest revision. Its own file because Alembic takes a tenth of a second to import."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from pendant.store.transaction import Transaction

_FOLDER = Path(__file__).parent / "migrations"


def is_known(revision: str) -> bool:
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def upgrade(tx: Transaction) -> None:
    config = _config()
    config.attributes["connection"] = tx
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()  # no ini file: nothing of it may reconfigure logging
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
