"""Pendo: reading over its Engage API."""
