"""A record passes as the bytes it came as, on a line of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from pendant.connectors.pendo.cut import cut
from pendant.connectors.pendo.record_lines import record_lines
from pendant.errors import BrokenAnswer
from pendo_reading import Counts

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
records = st.dictionaries(st.text(), values, max_size=4)
separators = st.sampled_from([(",", ":"), (", ", ": "), ("\t,  ", " :\t")])


def lines_of(texts: Sequence[bytes], meter: Counts | None = None) -> list[bytes]:
    """Send the records in a body as Pendo does, and return what becomes of each."""
    body = b'{"startTime":1,"results":[' + b",".join(texts) + b"]}"
    pieces = (body[start : start + 700] for start in range(0, len(body), 700))
    arrays = [record_lines(found, meter) for found in cut(pieces, piece_bytes=500)]
    return [value.as_buffer().to_pybytes() for array in arrays for value in array]


@settings(max_examples=150, deadline=None)
@given(st.lists(records, max_size=6), separators, st.booleans())
def test_any_record_comes_out_byte_for_byte(found, written_with, ascii_only):
    # A lone surrogate has no UTF-8 and stands as an escape only.
    texts = [
        json.dumps(one, separators=written_with, ensure_ascii=ascii_only).encode("utf-8", "replace") for one in found
    ]
    assert lines_of(texts) == [text + b"\n" for text in texts]


@settings(max_examples=80, deadline=None)
@given(st.lists(records, min_size=1, max_size=4), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(0, 2))
def test_a_record_of_many_lines_becomes_one_line_of_the_same_values(found, line_break, indent):
    texts = [json.dumps(one, indent=indent).replace("\n", line_break).encode() for one in found]
    lines = lines_of(texts)
    assert [json.loads(line) for line in lines] == found
    assert [b"\r" in line or b"\n" in line[:-1] for line in lines] == [False] * len(lines)


def test_only_the_record_with_line_breaks_is_written_anew():
    tidy, untidy = b'{"a" :  1.50e3, "b":"\\u00e9\\/"}', b'{"a" :\n 1.50e3, "b":"\\u00e9\\/"}'
    assert lines_of([tidy, untidy]) == [tidy + b"\n", b'{"a":1.50e3,"b":"\\u00e9\\/"}\n']


def test_line_separators_of_unicode_inside_a_text_stay():
    text = '{"a":"x\u2028y\u0085z"}'.encode()
    assert lines_of([text]) == [text + b"\n"]


def test_text_that_is_not_utf_8_is_repaired_and_noted():
    meter = Counts()
    lines = lines_of([b'{"id":"good"}', b'{"id":"b\xffd"}', b'{"id":"\xc3"}'], meter)
    assert lines == [b'{"id":"good"}\n', '{"id":"b\ufffdd"}\n'.encode(), '{"id":"\ufffd"}\n'.encode()]
    assert [note.code for note in meter.notes] == ["text_repaired"]


@pytest.mark.parametrize("odd", [b"3", b"null", b'"text"', b"[{}]"])
def test_what_is_no_object_among_the_records_is_an_error(odd):
    with pytest.raises(BrokenAnswer) as problem:
        lines_of([b'{"id":"a"}', odd])
    assert problem.value.code == "record_not_object"


def test_some_records_can_be_cut_off_the_others():
    array = record_lines([Raw(b'{"n":%d}' % number) for number in range(5)], None)
    assert array.slice(1, 2).to_pylist() == ['{"n":1}\n', '{"n":2}\n']
