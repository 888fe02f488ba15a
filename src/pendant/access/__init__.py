"""Passwords, tokens, limits and the permission a route declares. Nothing here reads a file, a socket or a database."""
