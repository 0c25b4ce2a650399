"""What is given of a file: checked with the option's name, and said to be unused where the file says it itself."""

from __future__ import annotations

import pytest

from barograph.errors import InvalidData
from barograph.files.given import Given, given


@pytest.mark.parametrize(
    ("text", "pitch_mm"), [("5", (5.0, 5.0)), ("5.08x7.62", (5.08, 7.62)), (" 5 × 6.5 ", (5.0, 6.5)), (None, None)]
)
def test_a_pitch_is_one_size_or_two(text: str | None, pitch_mm: tuple[float, float] | None) -> None:
    assert given(pitch=text).pitch_mm == pitch_mm


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rate": 0.0}, "rate: expected frames per second above 0, got 0.0"),
        ({"rate": float("nan")}, "rate: expected frames per second above 0"),
        ({"rate": 1e9}, "rate: expected"),
        ({"pitch": "wide"}, "pitch: expected mm across and along the sensor, as 5.08x7.62 or 5, got 'wide'"),
        ({"pitch": "0"}, "pitch: expected mm above 0"),
        ({"pitch": "5x6x7"}, "pitch: expected mm across"),
        ({"pitch": "-5"}, "pitch: expected mm across"),
        ({"unit": "stone"}, "unit: expected a unit of pressure, as kPa, or raw, got 'stone'"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidData) as caught:
        given(**wrong)  # type: ignore[arg-type]
    assert str(caught.value).startswith(said)


def test_what_no_recording_uses_is_said_by_its_option() -> None:
    chosen = given(rate=100, pitch="5", unit="N/cm²")
    assert chosen == Given(100, (5.0, 5.0), "N/cm2")
    assert chosen.unused([{}, {"given": {"pitch_mm": (5, 5)}}]) == ["--rate", "--unit"]
    assert chosen.used("pitch_mm") == {"given": {"pitch_mm": (5.0, 5.0)}}
    assert Given().used("pitch_mm") == {}
    assert Given().unused([{}]) == []
