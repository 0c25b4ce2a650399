"""Which pages the header has for each role, on a desk and in the bar of a phone."""

from __future__ import annotations

import pytest

from barograph.access.principals import Principal
from dashboard.page import shell
from dashboard.page.navigation import behind_more, entries, in_the_bar
from dashboard.signin import document


def user(*roles: str) -> Principal:
    return Principal("A. Example", kind="user", uid="u", roles=frozenset(roles))


OWNER, NETWORK = Principal("link", kind="owner"), Principal("network", kind="network")
HEADERS = [
    (OWNER, "Live Record Sessions Athletes Compare Admin"),
    (NETWORK, "Live Record Sessions Athletes Compare System"),
    (user("admin"), "Live Record Sessions Athletes Compare Admin"),
    (user("admin", "scientist", "analyst", "athlete"), "Live Record Sessions Athletes Compare Admin"),
    (user("scientist"), "Live Record Sessions Athletes Compare Devices"),
    (user("scientist", "athlete"), "Live Record Sessions Athletes Compare Devices"),
    (user("analyst"), "Live Record Sessions Athletes Compare"),
    (user("athlete"), "You Live Sessions"),
    (user("analyst", "athlete"), "Live Record Sessions Athletes Compare"),
    (Principal("shared link", "walk", kind="share"), ""),
    (None, ""),
]


@pytest.mark.parametrize(("who", "expected"), HEADERS)
def test_a_header_has_the_pages_of_its_role(who, expected):
    assert " ".join(one.title for one in entries(who)) == expected


@pytest.mark.parametrize("who", [who for who, _ in HEADERS])
def test_on_a_phone_every_page_is_in_the_bar_or_behind_more_and_none_in_both(who):
    bar, more = in_the_bar(who), behind_more(who)
    assert len(bar) <= 4
    assert set(bar) | (set(more) & set(entries(who))) == set(entries(who))
    assert not set(bar) & set(more)
    assert ("Account" in [one.title for one in more]) is (who is not None and who.kind in ("owner", "user"))


@pytest.mark.parametrize("who", [who for who, _ in HEADERS if who is not None])
def test_pages_of_dash_and_plain_ones_have_the_same_links(who, monkeypatch):
    monkeypatch.setattr(shell, "visitor", lambda: who)
    links = (one for one in shell.header()._traverse() if str(getattr(one, "className", "")).startswith("nav"))
    of_dash = [one.href for one in links if hasattr(one, "href")]
    assert of_dash == [one.href for one in entries(who)]
    if who.kind in ("owner", "user"):
        plain = document.header(who)
        assert [part.split('"')[1] for part in plain.split("<a ")[1:] if 'class="nav' in part] == of_dash
