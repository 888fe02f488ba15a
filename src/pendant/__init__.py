"""Connections, exports and imports for Pendo that you host yourself."""

__version__ = "0.1.0"
