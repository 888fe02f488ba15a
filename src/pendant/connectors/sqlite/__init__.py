"""A table of a SQLite file as a destination."""
