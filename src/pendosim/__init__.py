"""A local Pendo that behaves like the real one, for trying flows and for tests."""
