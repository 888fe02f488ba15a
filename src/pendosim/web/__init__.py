"""The HTTP side: listeners, credentials, routes, delivery."""
