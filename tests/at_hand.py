"""Where vendors' recordings and reference numbers are, which not every machine has; `BAROGRAPH_VENDOR_DATA` says it."""

from __future__ import annotations

import os
from pathlib import Path

VENDOR = Path(os.environ.get("BAROGRAPH_VENDOR_DATA", Path(__file__).parents[2] / "shared" / "data" / "vendor"))
SENSORS, METRICS = (VENDOR.parent / name for name in ("sensors", "metrics"))
