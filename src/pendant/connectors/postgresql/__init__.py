"""A table of a PostgreSQL database as a destination."""
