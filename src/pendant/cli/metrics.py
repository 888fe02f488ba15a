"""Figures of all runs, for a monitoring system."""

from __future__ import annotations

import sys

from pendant.cli.session import installation
from pendant.model.access import local_actor
from pendant.services import metrics as verbs


def metrics() -> int:
    """Print runs, rows, bytes, requests, retries and seconds by resource and state, as Prometheus reads them."""
    with installation() as app:
        sys.stdout.write(verbs.read(app, local_actor()))
    return 0
