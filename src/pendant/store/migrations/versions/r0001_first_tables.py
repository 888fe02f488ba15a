"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _instance_and_connections()
    _vault()
    _runs()
    _accounts()
    _audit()


def _instance_and_connections() -> None:
    op.create_table(
        "instance",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("instance_id", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_instance_single"),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("name_key", sa.String, nullable=False),
        sa.Column("application", sa.String, nullable=False),
        sa.Column("api_type", sa.String, nullable=False),
        sa.Column("region", sa.String, nullable=False),
        sa.Column("http", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger),
        sa.Column("updated_at", sa.BigInteger),
        sa.Column("updated_by", sa.String, nullable=False),
        sa.Column("token_set_at", sa.BigInteger),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("access", sa.String, nullable=False),
        sa.Column("tested_at", sa.BigInteger),
        sa.Column("last_test", sa.Text),
        sa.UniqueConstraint("name_key", name="uq_connections_name_key"),
    )


def _vault() -> None:
    op.create_table(
        "keks",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("root_kid", sa.String, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("wraps", sa.Integer, nullable=False),
        sa.CheckConstraint("state IN ('active', 'retiring')", name="ck_keks_state"),
    )
    op.create_index("ix_keks_one_active", "keks", ["state"], unique=True, sqlite_where=sa.text("state = 'active'"))
    op.create_table(
        "secrets",
        sa.Column("connection_id", sa.String, primary_key=True),
        sa.Column("field", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kek_id", sa.String, nullable=False),
        sa.Column("dek", sa.LargeBinary, nullable=False),
        sa.Column("ct", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name="fk_secrets_connection_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["kek_id"], ["keks.id"], name="fk_secrets_kek_id", ondelete="RESTRICT"),
    )
    op.create_index("ix_secrets_kek_id", "secrets", ["kek_id"])


def _runs() -> None:
    counters = ("slices_total", "slices_done", "rows_read", "rows_written")
    traffic = ("bytes_read", "bytes_written", "requests", "retries", "duration_ms")
    op.create_table(
        "runs",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("kind", "resource", "connection_id")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("connection_name", "target")),
        sa.Column("definition", sa.Text, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("actor", "state", "reason", "error_code")),
        *(sa.Column(name, sa.BigInteger) for name in ("created_at", "started_at", "finished_at")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in counters),
        sa.Column("rows_expected", sa.BigInteger),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in traffic),
        sa.Column("notes", sa.Text, nullable=False),
    )
    for name in ("connection_id", "target", "state", "created_at"):
        op.create_index(f"ix_runs_{name}", "runs", [name])
    op.create_table(
        "run_slices",
        sa.Column("run_id", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("lower", sa.Text),
        sa.Column("upper", sa.Text),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("rows_read", "rows_written")),
        sa.Column("rows_expected", sa.BigInteger),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_slices_run_id", ondelete="CASCADE"),
    )


def _accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("name", "name_key", "role", "password_hash")),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("name_key", name="uq_users_name_key"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("created_at", "last_seen_at", "expires_at")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("name", "token_hash", "user_id")),
        sa.Column("permissions", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("created_at", "expires_at")),
        *(sa.Column(name, sa.BigInteger) for name in ("last_used_at", "revoked_at")),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_tokens_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])
    op.create_table(
        "setup_codes",
        sa.Column("code_hash", sa.String, primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_attempts_key_at", "attempts", ["key", "at"])


def _audit() -> None:
    columns = ("actor_id", "actor_name", "door", "action", "object_kind", "object_id", "outcome")
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in columns),
        sa.Column("fields", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
