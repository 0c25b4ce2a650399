"""An address is a query; nonsense in it is the default, and what was expected is said."""

from __future__ import annotations

import pytest

from dashboard.reading.part_query import Drawn, read
from dashboard.sessions import query


def test_a_short_session_is_selected_whole_and_a_long_one_by_a_minute_in_its_middle():
    assert (read("", 120.0).start_s, read("", 120.0).stop_s, read("", 120.0).whole) == (0.0, 120.0, True)
    long = read("", 3600.0)
    assert (long.start_s, long.stop_s, long.whole) == (1800.0, 1860.0, False)


def test_everything_in_the_address_is_read():
    query = read("?from=10&to=20.5&tab=regions&on=35&hz=5&ellipse=exact&cell=left:12:5&col=y", 100.0)
    assert (query.start_s, query.stop_s, query.tab, query.on, query.hz) == (10.0, 20.5, "regions", 35.0, 5.0)
    assert (query.ellipse, query.cell, query.col) == ("exact", ("left", 12, 5), "y")


@pytest.mark.parametrize(
    "search",
    ["?from=x&to=1", "?from=50&to=20", "?from=nan&to=inf", "?tab=<script>", "?on=-1e999", "?cell=left:-1:2", "?cell=::",
     "?draw=a|b", "?draw=a|b|1,2 3", "?" + "&".join("from=1" for _ in range(200)), "?%00=%ff"],
)  # fmt: skip
def test_nonsense_in_an_address_is_the_default(search):
    query, usual = read(search, 100.0), read("", 100.0)
    assert (query.start_s, query.stop_s, query.tab, query.cell) == (usual.start_s, usual.stop_s, None, None)
    assert query.drawn == ()
    assert usual.problems == ()
    assert all("expected" in text and "got" in text for text in query.problems)
    assert bool(query.problems) == (search != "?%00=%ff")


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?hz=0", "hz: expected Hz above 0, got '0'"),
        ("?hz=-5", "hz: expected Hz above 0, got '-5'"),
        ("?hz=much", "hz: expected Hz above 0, got 'much'"),
        ("?on=nan", "on: expected a load above 0, got 'nan'"),
        ("?off=inf", "off: expected a load above 0, got 'inf'"),
        ("?p0=-1", "p0: expected a value of 0 or more, got '-1'"),
        ("?shortest=0", "shortest: expected ms above 0, got '0'"),
        ("?from=8&to=3", "from, to: expected seconds, 0 ≤ from < to ≤ 10.000, got from '8', to '3'"),
        ("?from=-2&to=3", "from, to: expected seconds, 0 ≤ from < to ≤ 10.000, got from '-2', to '3'"),
        ("?from=2&to=90", "from, to: expected seconds, 0 ≤ from < to ≤ 10.000, got from '2', to '90'"),
        ("?map=lowest", "map: expected one of peak, highest, mean, pti, got 'lowest'"),
        ("?cell=left:x:2", "cell: expected stream:row:column, got 'left:x:2'"),
        ("?draw=a|b|1,2 3,4", "draw: expected stream|name|x,y x,y x,y with three corners or more, got 'a|b|1,2 3,4'"),
    ],
)
def test_what_an_address_cannot_ask_for_is_said_with_its_bounds(search, said):
    query = read(search, 10.0)
    assert query.problems == (said,)
    usual = read("", 10.0)
    assert (query.hz, query.on, query.off, query.p0, query.shortest) == (
        usual.hz, usual.on, usual.off, usual.p0, usual.shortest,
    )  # fmt: skip


def test_one_end_of_a_part_is_enough_and_rounding_goes_a_little_beyond_the_end():
    assert (read("?from=4", 10.0).start_s, read("?from=4", 10.0).stop_s) == (4.0, 10.0)
    assert (read("?to=4", 10.0).start_s, read("?to=4", 10.0).stop_s) == (0.0, 4.0)
    rounded = read("?from=0&to=10.004", 10.0)
    assert (rounded.stop_s, rounded.whole, rounded.problems) == (10.0, True, ())


def test_a_large_threshold_of_raw_counts_is_taken():
    assert read("?on=250000", 10.0).on == 250_000.0


def test_regions_that_were_drawn_keep_their_corners_and_a_bounded_name():
    name = "x" * 100
    query = read(f"?draw=left|{name}|1,2 3,4 5.5,6&draw=right|b|0,0 1,0 nan,1", 10.0)
    assert query.drawn == (Drawn("left", "x" * 40, ((1.0, 2.0), (3.0, 4.0), (5.5, 6.0))),)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?page=0", "page: expected a whole number from 1 to 10000, got '0'"),
        ("?page=two", "page: expected a whole number from 1 to 10000, got 'two'"),
        ("?days=5", "days: expected one of"),
        ("?sort=luck", "sort: expected one of"),
        ("?layout=shoe", "layout: expected one of"),
    ],
)
def test_what_the_list_cannot_be_asked_for_is_said(search, said):
    found = query.read(search, 1_790_000_000_000_000)
    assert found.problems[0].startswith(said)
    assert (found.page, found.days, found.query.sort, found.query.layout) == (1, "", "date", "")
    assert query.read("", 1_790_000_000_000_000).problems == ()
