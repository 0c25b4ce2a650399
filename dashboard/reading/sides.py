"""Which foot a stream is of, what it is called by that, and in which order streams stand: left, right, then by name."""

from __future__ import annotations

from collections.abc import Iterable

from barograph.store.ports import StreamInfo

SIDES = ("left", "right")


def side(info: StreamInfo) -> str | None:
    """Return the foot of a stream, by its layout or its name."""
    return info.side


def name_of(info: StreamInfo) -> str:
    """Return Left, Right, or the stream's own name."""
    return (side(info) or "").capitalize() or info.stream.stream


def in_order(infos: Iterable[StreamInfo]) -> list[StreamInfo]:
    """Return streams as they stand beside each other."""
    return sorted(infos, key=lambda info: (rank(side(info)), info.stream.stream))


def rank(side: str | None) -> int:
    """Return the place of a foot; what is of none comes after both."""
    return SIDES.index(side) if side in SIDES else len(SIDES)
