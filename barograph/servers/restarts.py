"""Parts of a lab that ended by themselves and were started again: written by `barograph up`, read by whoever shows it.

One small file in the data directory, `restarts.json`, replaced whole. It tells of the run that goes on: `up` removes it
when it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from barograph.private import write_private
from barograph.servers.programs import unusable_said

FILE = "restarts.json"


class Restarts(msgspec.Struct, frozen=True):
    """How often a part was started again, when last (seconds since 1970), and why."""

    count: int
    last_s: float
    reason: str


def noted(data_dir: Path) -> dict[str, Restarts]:
    """Return what was noted of each part, by name; nothing when there is no such file, or none that can be read."""
    try:
        return msgspec.json.decode((data_dir / FILE).read_bytes(), type=dict[str, Restarts])
    except (OSError, msgspec.DecodeError):
        return {}


def note(data_dir: Path, parts: Mapping[str, Restarts]) -> None:
    """Replace what is noted."""
    with unusable_said(data_dir):
        write_private(data_dir / FILE, msgspec.json.encode(parts))


def forget(data_dir: Path) -> None:
    """Begin anew."""
    with unusable_said(data_dir):
        (data_dir / FILE).unlink(missing_ok=True)
