"""How the backups of an instance are: when the last one was whole, and what became of those after it."""

from __future__ import annotations

from dataclasses import dataclass

MOST_WHY = 500


@dataclass(frozen=True)
class BackupState:
    """The last whole backup (`at_us` 0: there was none), and how many have failed since, the last one why.

    Times are µs since 1970, UTC; `size` is in bytes.
    """

    at_us: int = 0
    size: int = 0
    took_s: float = 0.0
    failures: int = 0
    failed_us: int = 0
    why: str = ""
