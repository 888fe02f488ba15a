"""The tables. A change here needs a new revision in migrations/versions and a new HEAD."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from pendant.store.types import Blob, Json, Moment

HEAD = "0003"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

instance = Table(
    "instance",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
    Column("instance_id", String, nullable=False),
    Column("created_at", Moment, nullable=False),
)

connections = Table(
    "connections",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False, unique=True),
    Column("application", String, nullable=False),
    Column("api_type", String, nullable=False),
    Column("region", String, nullable=False),
    Column("http", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Moment),
    Column("updated_at", Moment),
    Column("updated_by", String, nullable=False),
    Column("token_set_at", Moment),
    Column("status", String, nullable=False),
    Column("access", String, nullable=False),
    Column("tested_at", Moment),
    Column("last_test", Text),
    # What was found out about the other system, not part of what a person saves. Empty: not known.
    Column("time_zone", String, nullable=False, server_default=""),
)

exports = Table(
    "exports",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False, unique=True),
    # A connection that an export refers to cannot be deleted.
    Column("connection_id", ForeignKey("connections.id", ondelete="RESTRICT"), nullable=False, index=True),
    Column("resource", String, nullable=False),
    Column("definition", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Moment),
    Column("updated_at", Moment),
    Column("updated_by", String, nullable=False),
    # The columns that the last run saw, from name to type; not part of what a person saves.
    Column("columns_seen", Json),
)

export_positions = Table(
    "export_positions",
    metadata,
    Column("export_id", ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True),
    Column("resource", String, primary_key=True),
    Column("apps", String, primary_key=True),
    Column("began", Moment, nullable=False),
    Column("position", Moment, nullable=False),
    Column("final", Moment, nullable=False),
    Column("moved_at", Moment),
)

export_days = Table(
    "export_days",
    metadata,
    Column("export_id", ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True),
    Column("resource", String, primary_key=True),
    Column("apps", String, primary_key=True),
    # Midnight UTC in ms; what the rows of that day were when they were last read.
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("rows", BigInteger, nullable=False),
    Column("imprint", Blob, nullable=False),
)

keks = Table(
    "keks",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, CheckConstraint("state IN ('active', 'retiring')", name="state"), nullable=False),
    Column("root_kid", String, nullable=False),
    Column("wrapped", Blob, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("wraps", Integer, nullable=False),
)
Index("ix_keks_one_active", keks.c.state, unique=True, sqlite_where=text("state = 'active'"))

secrets = Table(
    "secrets",
    metadata,
    Column("connection_id", ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True),
    Column("field", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # A key that a secret refers to cannot be deleted: a writer that races with a rotation fails, and loses nothing.
    Column("kek_id", ForeignKey("keks.id", ondelete="RESTRICT"), nullable=False, index=True),
    Column("dek", Blob, nullable=False),
    Column("ct", Blob, nullable=False),
)

# Secrets that belong to the installation and to no connection.
installation_secrets = Table(
    "installation_secrets",
    metadata,
    Column("field", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("kek_id", ForeignKey("keks.id", ondelete="RESTRICT"), nullable=False, index=True),
    Column("dek", Blob, nullable=False),
    Column("ct", Blob, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("resource", String, nullable=False),
    # No foreign key: the record of a run outlives its connection.
    Column("connection_id", String, nullable=False, index=True),
    Column("connection_name", String, nullable=False),
    # No foreign key here either. Null: nobody stored what was asked.
    Column("export_id", String, index=True),
    Column("export_name", String, nullable=False, server_default=""),
    Column("target", String, nullable=False, index=True),
    Column("definition", Json, nullable=False),
    Column("actor", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("reason", String, nullable=False),
    Column("error_code", String, nullable=False),
    Column("created_at", Moment, index=True),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("slices_total", BigInteger, nullable=False),
    Column("slices_done", BigInteger, nullable=False),
    Column("rows_read", BigInteger, nullable=False),
    Column("rows_written", BigInteger, nullable=False),
    Column("rows_expected", BigInteger),
    Column("bytes_read", BigInteger, nullable=False),
    Column("bytes_written", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("retries", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("notes", Json, nullable=False),
    Column("windows", Json, nullable=False, server_default="[]"),
    Column("rows_restated", BigInteger),
)

run_slices = Table(
    "run_slices",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("lower", Json),
    Column("upper", Json),
    Column("label", String, nullable=False),
    Column("state", String, nullable=False),
    Column("rows_read", BigInteger, nullable=False),
    Column("rows_written", BigInteger, nullable=False),
    Column("rows_expected", BigInteger),
    Column("bytes_read", BigInteger, nullable=False, server_default="0"),
    Column("bytes_written", BigInteger, nullable=False, server_default="0"),
)

users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("created_at", Moment, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("token_hash", String, nullable=False, unique=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("permissions", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
)

setup_codes = Table(
    "setup_codes",
    metadata,
    Column("code_hash", String, primary_key=True),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_attempts_key_at", "key", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("door", String, nullable=False),
    Column("action", String, nullable=False),
    Column("object_kind", String, nullable=False),
    Column("object_id", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("fields", Json, nullable=False),
    # A number is never given twice, even after the newest entry was deleted: a gap shows.
    sqlite_autoincrement=True,
)
