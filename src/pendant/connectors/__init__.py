"""What Pendant can connect to. A connector is a folder: connector.yaml, and Python where data would become a language."""

from pendant.connectors.sources import open_source

__all__ = ["open_source"]
