"""Arrow columns as JSON values."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
from pyarrow import types

from pendant.connectors.files.columns import holds_json
from pendant.connectors.files.text import Array, Texts, compute, joined, scalar
from pendant.connectors.files.text_columns import (
    has_control_characters,
    list_texts,
    number_texts,
    replace_where_present,
    time_texts,
)

_NAMED = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_CONTROLS = {chr(code): _NAMED.get(chr(code), f"\\u{code:04x}") for code in range(0x20)}


def json_texts(array: Array, field: Any) -> Texts:
    """Return the JSON value of each element; null stays null."""
    kind = field.type
    if types.is_string(kind) or types.is_large_string(kind):
        texts = array.cast(pa.string())
        return Texts(_on_one_line(texts)) if holds_json(field) else Texts(escaped(texts), quoted=True)
    if types.is_timestamp(kind):
        return time_texts(array)
    if types.is_date(kind) or types.is_time(kind):
        return Texts(array.cast(pa.string()), quoted=True)
    if types.is_list(kind):
        return Texts(list_texts(array, lambda items: json_texts(items, kind.value_field).in_quotes()))
    if types.is_struct(kind):
        return Texts(_struct_texts(array))
    return Texts(number_texts(array))


def escaped(texts: Array) -> Array:
    texts = replace_where_present(texts, {"\\": "\\\\", '"': '\\"'})
    return replace_where_present(texts, _CONTROLS) if has_control_characters(texts) else texts


def key_text(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _on_one_line(texts: Array) -> Array:
    """Take line breaks out: in JSON they can only be white space, inside a string they are written as escapes."""
    if not has_control_characters(texts):
        return texts
    return replace_where_present(texts, {"\n": " ", "\r": " "})


def _struct_texts(array: Array) -> Array:
    arguments: list[Array | str] = []
    lead = "{"
    for place, values in enumerate(array.flatten()):
        field = array.type.field(place)
        texts = json_texts(values, field).in_quotes()
        arguments += [f"{lead}{key_text(field.name)}:", compute.fill_null(texts, scalar("null"))]
        lead = ","
    texts = joined(*arguments, "}")
    return compute.if_else(array.is_valid(), texts, pa.scalar(None, pa.string()))
