"""Drawings as wide as their place: where moments lie, and which dates stand below."""

from __future__ import annotations

import pytest

from barograph.times import day_us
from dashboard.drawing.strip import DAY_US, Strip, date_ticks, percent, wide_picture

FIRST_US = day_us("2026-06-01")


def test_moments_lie_in_percent_of_the_time():
    strip = Strip(FIRST_US, FIRST_US + 100 * DAY_US)
    assert strip.at(FIRST_US) == "0%"
    assert strip.at(FIRST_US + 25 * DAY_US) == "25%"
    assert strip.share(FIRST_US + 100 * DAY_US) == 1.0
    assert Strip(5, 5).share(5) == 0.0
    assert percent(1 / 3) == "33.333%"


@pytest.mark.parametrize("days", [1, 3, 7, 13, 60, 182, 364, 800, 4000, 20_000])
def test_dates_are_few_in_order_and_within_the_time(days):
    found = date_ticks(FIRST_US, FIRST_US + days * DAY_US)
    assert 1 <= len(found) <= 7
    assert [t_us for t_us, _ in found] == sorted({t_us for t_us, _ in found})
    assert all(FIRST_US <= t_us <= FIRST_US + days * DAY_US for t_us, _ in found)


def test_days_then_months_then_years_stand_below():
    assert [words for _, words in date_ticks(FIRST_US, FIRST_US + 3 * DAY_US)] == ["1 Jun", "2 Jun", "3 Jun", "4 Jun"]
    half = [words for _, words in date_ticks(FIRST_US, FIRST_US + 182 * DAY_US)]
    assert half == ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
    over = [words for _, words in date_ticks(FIRST_US, FIRST_US + 364 * DAY_US)]
    assert "2027" in over
    years = [words for _, words in date_ticks(FIRST_US, FIRST_US + 3650 * DAY_US)]
    assert all(one.isdigit() for one in years)


def test_a_drawing_has_the_width_of_its_place_and_a_sentence():
    assert Strip(FIRST_US, FIRST_US + DAY_US).dates(9).count("<text") == 1  # the one at the end would be cut
    drawn = wide_picture(40, title="Sessions of A & B")
    assert 'width="100%"' in drawn
    assert 'aria-label="Sessions of A &amp; B"' in drawn
