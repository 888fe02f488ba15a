"""hashed(x) in a locked database: the keyed hash of this installation, as a function that DuckDB calls.

The key is known to the function alone. It stands in no query, so that no plan, error or log can show it.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from duckdb.func import ARROW

from pendant.model.vault import Hasher

HASHED = "hashed"
_OF_TEXT = "hashed of text"


def add_hashed(database: duckdb.DuckDBPyConnection, hasher: Hasher) -> None:
    """Let queries on `database` and its cursors call hashed(x); a NULL stays one."""

    def hashed(values: Any) -> Any:
        # Each different value once: columns of people and accounts repeat a lot.
        coded = pa.chunked_array(values, type=pa.string()).combine_chunks().dictionary_encode()
        texts = coded.dictionary.cast(pa.binary()).to_pylist()
        found = pa.array([hasher(text) for text in texts if text is not None], type=pa.string())
        return pc.take(found, coded.indices)

    database.create_function(_OF_TEXT, hashed, ["VARCHAR"], "VARCHAR", type=ARROW)
    database.execute(f'CREATE MACRO {HASHED}(x) AS "{_OF_TEXT}"(CAST(x AS VARCHAR))')
