"""The door for browsers: pages rendered by the server, for keyboards too, with nothing from elsewhere."""
