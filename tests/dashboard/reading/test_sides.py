"""Feet stand left, right, then the others by name, wherever streams stand beside each other."""

from __future__ import annotations

from barograph.frames import Layout, Stream
from barograph.store.ports import StreamInfo
from dashboard.reading.sides import in_order, name_of, side


def info(stream: str, foot: str | None = None) -> StreamInfo:
    return StreamInfo(Stream("w", stream), Layout(rows=1, cols=1, side=foot))


def test_feet_come_first_whatever_their_streams_are_called() -> None:
    streams = [info("chair"), info("a", "right"), info("left"), info("b", "left"), info("belt")]
    assert [one.stream.stream for one in in_order(streams)] == ["b", "left", "a", "belt", "chair"]
    assert [name_of(one) for one in in_order(streams)] == ["Left", "Left", "Right", "belt", "chair"]


def test_a_file_says_which_foot_it_is_before_its_name_does() -> None:
    assert [side(info("left", "right")), side(info("left")), side(info("Left"))] == ["right", "left", None]
