"""The verified cut against json.loads, over bodies of every shape, delivered in pieces of every size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.connectors.pendo.cut import NoResults, cut
from pendant.errors import BrokenAnswer, Unreachable

ADVERSARIAL = st.sampled_from(
    ['},{"id":', '"},{"id":1},{"', "}, {", '],"results":[', '\\"},{\\"id\\"', "]}", '{"results":[', "😀", "\\", "\x00"]
)
TEXTS = st.one_of(ADVERSARIAL, st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.just("id"), TEXTS), inner, max_size=4),
        st.lists(st.fixed_dictionaries({"id": inner}), max_size=5),
    ),
    max_leaves=12,
)
RECORDS = st.lists(st.dictionaries(st.one_of(st.sampled_from(["id", "day"]), TEXTS), VALUES, max_size=5), max_size=12)
FRAMES = st.sampled_from(["{envelope}", "{bare}", "{late}", "{spaced}", "{pretty}"])


def body_of(records: list[dict[str, Any]], frame: str) -> bytes:
    compact = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
    texts = {
        "{envelope}": '{"startTime":1710046800000,"results":' + compact + "}",
        "{bare}": compact,
        "{late}": '{"note":"\\"results\\":[","inner":{"results":[{"id":0},{"id":1}]},"results":'
        + compact
        + ',"end":[{},{}]}',
        "{spaced}": ' \n{ "results" : ' + json.dumps(records, separators=(" , ", " : ")) + " } \n",
        "{pretty}": json.dumps({"results": records}, indent=1, ensure_ascii=False),
    }
    return texts[frame].encode()


def chunks(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def take(parts: Iterator[list[Any]], found: list[Any]) -> None:
    for part in parts:
        found += [json.loads(bytes(record)) for record in part]


def cut_all(pieces: Iterator[bytes], piece_bytes: int) -> list[Any]:
    found = []
    for records in cut(pieces, piece_bytes=piece_bytes):
        assert records
        found += [json.loads(bytes(record)) for record in records]
    return found


@settings(max_examples=120, deadline=None)
@given(RECORDS, FRAMES, st.integers(1, 200), st.integers(1, 300))
def test_the_pieces_hold_every_record_once_and_in_order(records, frame, size, piece_bytes):
    body = body_of(records, frame)
    assert cut_all(chunks(body, size), piece_bytes) == records


@settings(max_examples=150, deadline=None)
@given(RECORDS.filter(bool), FRAMES, st.integers(1, 200), st.data())
def test_a_body_that_ends_early_is_an_error_after_a_true_beginning(records, frame, size, data):
    body = body_of(records, frame).rstrip()
    end = data.draw(st.integers(0, len(body) - 1))
    found = []
    with pytest.raises(BrokenAnswer):
        take(cut(chunks(body[:end], size), piece_bytes=64), found)
    assert found == records[: len(found)]


def test_records_that_arrived_before_a_broken_connection_are_kept():
    def pieces() -> Iterator[bytes]:
        yield b'{"startTime":1,"results":[{"id":1},{"id":2},{"id":3'
        raise Unreachable("connection_lost", "The connection was lost.")

    found = []
    with pytest.raises(Unreachable):
        take(cut(pieces()), found)
    assert found == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize("body", ['{"results":[]}', "[]", ' { "results" : [ ] } ', '{"startTime":1,"results":[]}'])
def test_no_results_are_an_empty_answer(body):
    assert cut_all(chunks(body.encode(), 3), 10) == []


@pytest.mark.parametrize("body", ['{"results":null}', '{"startTime":1,"results":null}'])
def test_null_results_are_not_an_answer_by_themselves(body):
    with pytest.raises(NoResults):
        cut_all(chunks(body.encode(), 3), 10)


@pytest.mark.parametrize("body", ['{"results":[]}', '{"results":null}', '{"results":[{"id":1},{"id":2}]}'])
def test_where_records_come_bare_an_object_around_them_is_a_broken_answer(body):
    with pytest.raises(BrokenAnswer):
        list(cut(iter(chunks(body.encode(), 3)), bare=True, piece_bytes=10))


@pytest.mark.parametrize(
    "body", ["", "null", '"error"', "<html>busy</html>", "{}", '{"error":"x"}', '{"results":{}}', '{"results":[]}x']
)
def test_anything_else_is_a_broken_answer(body):
    with pytest.raises(BrokenAnswer):
        cut_all(chunks(body.encode(), 5), 10)


def test_a_long_body_that_is_no_answer_is_refused_before_it_is_read_to_the_end():
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000
        pytest.fail("read to the end")

    with pytest.raises(BrokenAnswer, match="not a list of records"):
        cut_all(endless(), 1000)


def test_one_record_larger_than_the_buffer_is_found_whole():
    records = [{"id": 1}, {"id": 2, "steps": [{"id": number, "x": "y" * 50} for number in range(3000)]}, {"id": 3}]
    body = body_of(records, "{envelope}")
    assert cut_all(chunks(body, 1000), 5000) == records


def test_the_exact_bytes_of_a_record_are_kept():
    record = b'{"id" : 1.0e3,\n "x":"\\u003c\\/"}'
    assert [bytes(raw) for part in cut(iter([b"[" + record + b",{}]"])) for raw in part] == [record, b"{}"]
