"""Plain values every room shares. Nothing here reads a file, opens a socket or knows a database."""
