"""What Alembic runs for every upgrade: within the caller's transaction, without touching the logging set-up."""

from __future__ import annotations

from alembic import context

from pendant.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
