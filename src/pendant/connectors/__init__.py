"""What Pendant connects to. A connector is a folder: connector.yaml, and Python where data would be a language."""

from pendant.connectors.sources import open_source

__all__ = ["open_source"]
