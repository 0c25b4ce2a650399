"""Who gets which page under /record."""

from __future__ import annotations

import pytest
from quart import Quart

from barograph.access.principals import Principal
from dashboard.live import now
from dashboard.page.visitors import remember
from dashboard.record import callbacks


@pytest.mark.parametrize(
    ("rest", "may", "said"),
    [
        ("", True, "New test day"),
        ("abc23", True, "All test days"),
        ("a/b", True, "Nothing at this address"),
        ("", False, "You can watch, not record"),
        ("abc23", False, "You can watch, not record"),
    ],
)
async def test_a_page_is_for_whoever_may_record_and_others_are_told(rest, may, said, monkeypatch):
    monkeypatch.setattr(callbacks, "may", lambda *_: may)
    shown = await callbacks.show(None, rest, "")
    assert said in repr(shown)
    assert ("record" in str(getattr(shown, "className", "")).split()) is (may and rest != "a/b")


@pytest.mark.parametrize(
    ("roles", "teams", "said"),
    [
        ({"analyst"}, (), "You are here as analyst. Recording is for scientists"),
        ({"analyst", "athlete"}, (), "You are here as analyst and athlete. Recording is for scientists"),
        ({"scientist"}, (), "You are here as scientist, and in no team. Recording is for scientists"),
        ({"scientist"}, ("track",), "New test day"),
    ],
)
async def test_whoever_may_not_record_reads_why_and_no_way_that_is_closed(roles, teams, said):
    async with Quart("test").app_context():
        remember(Principal("A. Example", kind="user", uid="u", roles=frozenset(roles), teams=frozenset(teams)))
        shown = repr(await callbacks.show(None, "", ""))
        nothing_live = repr(now.body([]))
    assert said in shown
    assert ("/protocols" in shown) is bool(teams)
    assert ("/try" in nothing_live) is ("scientist" in roles)
    assert "href='/'" in nothing_live
