import pytest
from sqlalchemy import text

from pendant.model.access import local_actor
from pendant.model.clock import SettableClock
from pendant.store import audit
from pendant.store.database import Database


def add(tx: object, clock: SettableClock, action: str) -> None:
    audit.append(
        tx,
        at=clock.now(),
        actor=local_actor(),
        action=action,
        object_kind="connection",
        object_id="c1",
        outcome="done",
        fields=("name", "token"),
    )


def test_entries_come_back_newest_first(database: Database, clock: SettableClock) -> None:
    with database.begin() as tx:
        for action in ("create", "replace", "delete"):
            add(tx, clock, action)
        newest, second = audit.recent(tx, limit=2)
    assert (newest.seq, newest.action, newest.actor_name, newest.door) == (3, "delete", "local", "cli")
    assert (newest.object_kind, newest.object_id, newest.outcome) == ("connection", "c1", "done")
    assert newest.fields == ("name", "token")
    assert newest.at == clock.now()
    assert second.action == "replace"


def test_an_entry_is_undone_together_with_the_change_it_tells_of(database: Database, clock: SettableClock) -> None:
    def create_and_fail() -> None:
        with database.begin() as tx:
            add(tx, clock, "create")
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        create_and_fail()
    with database.read() as tx:
        assert audit.recent(tx) == []


def test_the_number_of_a_deleted_entry_is_not_given_again(database: Database, clock: SettableClock) -> None:
    with database.begin() as tx:
        add(tx, clock, "create")
        tx.execute(text("DELETE FROM audit"))
        add(tx, clock, "replace")
        assert [entry.seq for entry in audit.recent(tx)] == [2]
