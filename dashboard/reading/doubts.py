"""What is doubtful about a stream, in words."""

from __future__ import annotations

from barograph.store.ports import StreamInfo


def doubts(info: StreamInfo) -> list[str]:
    """Return what is to be known of a stream before its numbers are believed."""
    name = info.stream.stream
    both = [f"two devices sent as {name} at the same time; both are kept"] if info.overlap else []
    clock = [f"{name}: the device's clock was off, its first frame is put at its arrival"] if info.clock_suspect else []
    if info.clock_relative:
        clock.append(f"{name}: its times are no dates but of a counter, placed by their arrival")
    placed = [f"{name}: the file has no date; {info.placed}"] if info.placed else []
    return [*both, *clock, *placed]
