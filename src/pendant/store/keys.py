"""Keys and sealed secrets, as the vault asks for them. Nothing here can open any of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from sqlalchemy import delete, select, update

from pendant.model.connection import Connection
from pendant.model.vault import SealedSecret, WrappedKek
from pendant.store import connections as connection_rows
from pendant.store.database import Database, flush_deleted
from pendant.store.tables import installation_secrets, instance, keks, secrets
from pendant.store.transaction import Transaction


class KeyTable:
    """Implements model.vault.KeyRows on the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self) -> AbstractContextManager[Transaction]:
        return self._database.begin()

    def read(self) -> AbstractContextManager[Transaction]:
        return self._database.read()

    def instance_id(self, transaction: Transaction) -> str:
        found: str = transaction.execute(select(instance.c.instance_id)).scalar_one()
        return found

    def keks(self, transaction: Transaction) -> list[WrappedKek]:
        query = select(keks).order_by(keks.c.created_at, keks.c.id)
        return [WrappedKek(**row._asdict()) for row in transaction.execute(query)]

    def insert_kek(self, transaction: Transaction, kek: WrappedKek) -> None:
        transaction.execute(
            keks.insert().values(
                id=kek.id,
                state=kek.state,
                root_kid=kek.root_kid,
                wrapped=kek.wrapped,
                created_at=kek.created_at,
                wraps=kek.wraps,
            )
        )

    def retire_kek(self, transaction: Transaction, kek_id: str) -> None:
        transaction.execute(update(keks).where(keks.c.id == kek_id).values(state="retiring"))

    def count_wrap(self, transaction: Transaction, kek_id: str) -> None:
        transaction.execute(update(keks).where(keks.c.id == kek_id).values(wraps=keks.c.wraps + 1))

    def secret(self, transaction: Transaction, connection_id: str, field: str) -> SealedSecret | None:
        query = (
            select(secrets)
            .where(secrets.c.connection_id == connection_id, secrets.c.field == field)
            .order_by(secrets.c.version.desc())
            .limit(1)
        )
        row = transaction.execute(query).first()
        return None if row is None else SealedSecret(**row._asdict())

    def secrets(self, transaction: Transaction) -> Iterator[SealedSecret]:
        for row in transaction.execute(select(secrets)):
            yield SealedSecret(**row._asdict())
        for row in transaction.execute(select(installation_secrets)):
            yield SealedSecret(connection_id="", **row._asdict())

    def installation_secret(self, transaction: Transaction, field: str) -> SealedSecret | None:
        row = transaction.execute(select(installation_secrets).where(installation_secrets.c.field == field)).first()
        return None if row is None else SealedSecret(connection_id="", **row._asdict())

    def put_installation_secret(self, transaction: Transaction, sealed: SealedSecret) -> None:
        transaction.execute(
            installation_secrets.insert().values(
                field=sealed.field, version=sealed.version, kek_id=sealed.kek_id, dek=sealed.dek, ct=sealed.ct
            )
        )

    def put_secret(self, transaction: Transaction, sealed: SealedSecret) -> None:
        """Store this version and delete every other one of the same field."""
        others = delete(secrets).where(secrets.c.connection_id == sealed.connection_id, secrets.c.field == sealed.field)
        if transaction.execute(others).rowcount:
            flush_deleted(transaction)
        transaction.execute(
            secrets.insert().values(
                connection_id=sealed.connection_id,
                field=sealed.field,
                version=sealed.version,
                kek_id=sealed.kek_id,
                dek=sealed.dek,
                ct=sealed.ct,
            )
        )

    def connections(self, transaction: Transaction) -> list[Connection]:
        return connection_rows.search(transaction)
