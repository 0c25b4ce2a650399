"""An address is a wish; nonsense in it is the default."""

from __future__ import annotations

import pytest

from dashboard.wish import Drawn, read


def test_a_short_session_is_selected_whole_and_a_long_one_by_a_minute_in_its_middle():
    assert (read("", 120.0).start_s, read("", 120.0).stop_s, read("", 120.0).whole) == (0.0, 120.0, True)
    long = read("", 3600.0)
    assert (long.start_s, long.stop_s, long.whole) == (1800.0, 1860.0, False)


def test_everything_in_the_address_is_read():
    wish = read("?from=10&to=20.5&tab=regions&on=35&hz=5&ellipse=exact&cell=left:12:5&col=y", 100.0)
    assert (wish.start_s, wish.stop_s, wish.tab, wish.on, wish.hz) == (10.0, 20.5, "regions", 35.0, 5.0)
    assert (wish.ellipse, wish.cell, wish.col) == ("exact", ("left", 12, 5), "y")


@pytest.mark.parametrize(
    "search",
    ["?from=x&to=1", "?from=50&to=20", "?from=nan&to=inf", "?tab=<script>", "?on=-1e999", "?cell=left:-1:2", "?cell=::",
     "?draw=a|b", "?draw=a|b|1,2 3", "?" + "&".join("from=1" for _ in range(200)), "?%00=%ff"],
)  # fmt: skip
def test_nonsense_in_an_address_is_the_default(search):
    wish, usual = read(search, 100.0), read("", 100.0)
    assert (wish.start_s, wish.stop_s, wish.tab, wish.cell) == (usual.start_s, usual.stop_s, None, None)
    assert wish.drawn == ()


def test_numbers_beyond_their_limits_are_taken_to_the_limit():
    assert read("?on=1e9&hz=0", 10.0).on == 10_000.0
    assert read("?hz=0", 10.0).hz == 0.5


def test_regions_that_were_drawn_keep_their_corners_and_a_bounded_name():
    name = "x" * 100
    wish = read(f"?draw=left|{name}|1,2 3,4 5.5,6&draw=right|b|0,0 1,0 nan,1", 10.0)
    assert wish.drawn == (Drawn("left", "x" * 40, ((1.0, 2.0), (3.0, 4.0), (5.5, 6.0))),)
