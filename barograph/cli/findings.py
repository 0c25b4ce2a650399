"""What `barograph doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do; nothing to do when it is well."""

    part: str
    found: str
    remedy: str = ""
