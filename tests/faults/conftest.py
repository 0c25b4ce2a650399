"""The harness is found beside these tests, as it is when `run.py` is started."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
