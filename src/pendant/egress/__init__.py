"""The only outbound door: whatever leaves this installation leaves through an Egress."""

from pendant.egress.door import Egress

__all__ = ["Egress"]
