"""Where the vendors' recordings are, and a small file of the same kind to damage."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

VENDOR = Path(os.environ.get("BAROGRAPH_VENDOR_DATA", Path(__file__).parents[3] / "shared" / "data" / "vendor"))


@pytest.fixture
def vendor() -> Callable[[str], Path]:
    """Path of a vendor's recording; the test is skipped where it is not."""

    def find(name: str) -> Path:
        path = VENDOR / name
        if not path.exists():
            pytest.skip(f"no vendor data at {path}; set BAROGRAPH_VENDOR_DATA")
        return path

    return find
