"""The door for browsers: pages rendered by the server, usable by keyboard and without script, nothing from elsewhere."""
