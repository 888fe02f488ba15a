"""Stored exports, how far they have come, and what their runs say of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _exports()
    _positions()
    _days()
    op.add_column("runs", sa.Column("export_id", sa.String))
    op.add_column("runs", sa.Column("export_name", sa.String, nullable=False, server_default=""))
    op.add_column("runs", sa.Column("windows", sa.Text, nullable=False, server_default="[]"))
    op.add_column("runs", sa.Column("rows_restated", sa.BigInteger))
    op.create_index("ix_runs_export_id", "runs", ["export_id"])


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("name", "name_key", "connection_id", "resource")),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger),
        sa.Column("updated_at", sa.BigInteger),
        sa.Column("updated_by", sa.String, nullable=False),
        sa.Column("columns_seen", sa.Text),
        sa.UniqueConstraint("name_key", name="uq_exports_name_key"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name="fk_exports_connection_id", ondelete="RESTRICT"
        ),
    )
    op.create_index("ix_exports_connection_id", "exports", ["connection_id"])


def _positions() -> None:
    op.create_table(
        "export_positions",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("export_id", "resource", "apps")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("began", "position", "final")),
        sa.Column("moved_at", sa.BigInteger),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name="fk_export_positions_export_id", ondelete="CASCADE"
        ),
    )


def _days() -> None:
    op.create_table(
        "export_days",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("export_id", "resource", "apps")),
        sa.Column("since", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("imprint", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["exports.id"], name="fk_export_days_export_id", ondelete="CASCADE"),
    )
