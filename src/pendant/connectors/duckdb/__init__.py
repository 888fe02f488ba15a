"""A table of a DuckDB file as a destination."""
