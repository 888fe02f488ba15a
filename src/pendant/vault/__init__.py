"""Seals the tokens of connections. The only room that knows a key, and the only importer of `cryptography`."""

from pendant.vault.providers import provider_from
from pendant.vault.roots import RootKeyProvider
from pendant.vault.vault import Vault

__all__ = ["RootKeyProvider", "Vault", "provider_from"]
