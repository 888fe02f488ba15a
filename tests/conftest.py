"""For every test: programs started as children import the same source as this process does."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent / "src")
