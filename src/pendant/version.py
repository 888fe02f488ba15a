"""The version, where every floor can read it: `pendant/__init__` opens installations and so stands above them all."""

__version__ = "0.1.0"
