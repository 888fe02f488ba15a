"""Time zones of connections, secrets of the installation itself, and bytes of slices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("connections", sa.Column("time_zone", sa.String, nullable=False, server_default=""))
    for name in ("bytes_read", "bytes_written"):
        op.add_column("run_slices", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "installation_secrets",
        sa.Column("field", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kek_id", sa.String, nullable=False),
        sa.Column("dek", sa.LargeBinary, nullable=False),
        sa.Column("ct", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["kek_id"], ["keks.id"], name="fk_installation_secrets_kek_id", ondelete="RESTRICT"),
    )
    op.create_index("ix_installation_secrets_kek_id", "installation_secrets", ["kek_id"])
