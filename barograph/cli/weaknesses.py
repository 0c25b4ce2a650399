"""Versions of MongoDB, Redis and Valkey that have a known weakness, and the first of each line that has it no more.

CVE-2025-14847: mongod and mongos give away memory to whoever connects, by zlib; versions from SERVER-115508.
CVE-2025-49844: a Lua script of whoever may run one runs code in Redis and Valkey; versions from the notes of the
releases 8.2.2 of Redis and 8.1.4 of Valkey, and of those made with them. A distribution may have mended an older number
itself. What only this machine reaches is told of, and no fault.
"""

from __future__ import annotations

from collections.abc import Mapping

Version = tuple[int, ...]

OLDEST: Mapping[str, Version] = {"MongoDB": (6, 0), "Redis": (6, 2), "Valkey": (7, 2)}
MENDED: Mapping[str, tuple[str, tuple[Version, ...]]] = {
    "MongoDB": ("CVE-2025-14847", ((6, 0, 27), (7, 0, 28), (8, 0, 17), (8, 2, 3))),
    "Redis": ("CVE-2025-49844", ((6, 2, 20), (7, 2, 11), (7, 4, 6), (8, 0, 4), (8, 2, 2))),
    "Valkey": ("CVE-2025-49844", ((7, 2, 11), (8, 0, 6), (8, 1, 4))),
}


def numbers(text: str) -> Version:
    """Return the leading numbers of a version: 6.0.5-rc1 is (6, 0, 5)."""
    parts = text.split("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def said(version: Version) -> str:
    """Return a version as text."""
    return ".".join(map(str, version))


def too_old(product: str, version: str) -> str:
    """Return which version is needed, where this one is too old; "" where it is not."""
    oldest = OLDEST[product]
    return "" if numbers(version) >= oldest else f"needs {said(oldest)} or later"


def weakness(product: str, version: str) -> str:
    """Return the weakness of a version and where it is mended; "" where none is known.

    A line that its maker never mended is mended by the next one.
    """
    name, mended = MENDED[product]
    there = numbers(version)
    if there[:2] > mended[-1][:2]:
        return ""
    first = next(one for one in mended if one[:2] >= there[:2])
    return "" if there >= first else f"{name}, mended in {said(first)}"
