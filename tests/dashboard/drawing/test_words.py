"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC

import pytest

from dashboard.drawing import words


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        (0, 0, "0"), (804.4, 0, "804"), (1284, 0, "1\u202f284"), (1234567, 0, "1\u202f234\u202f567"),
        (-5.44, 1, "−5.4"), (-0.01, 1, "0.0"), (999.96, 1, "1\u202f000.0"),
        (None, 0, "–"), (float("nan"), 2, "–"), (float("inf"), 0, "–"),
    ],
)  # fmt: skip
def test_numbers(value, digits, said):
    assert words.number(value, digits) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0.00 s"), (1.06, "1.06 s"), (31.25, "31.2 s"), (60, "1:00"), (1450, "24:10"), (3731, "1:02:11"), (None, "–")],
)
def test_durations(seconds, said):
    assert words.duration(seconds) == said


def test_dates():
    assert words.date(1_794_924_360_000_000, UTC) == "17 Nov 2026, 14:06"
    assert words.date(1_794_924_360_000_000, UTC, weekday=True) == "Tue 17 Nov 2026, 14:06"
    assert words.date(None) == "–"


def test_plurals():
    assert [words.plural(n, "stream") for n in (0, 1, 2)] == ["0 streams", "1 stream", "2 streams"]
