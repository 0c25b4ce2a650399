"""Tables of what opens a door: signed-in browsers, tokens and share links, each with its way to end it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from barograph.store.accounts import Device, Key, Session, StoredShare, Token
from dashboard.drawing.markup import say, tag
from dashboard.signin.document import icon
from dashboard.signin.times import ago, left

SOON_US = 14 * 86_400_000_000
Ending = Callable[[Key], str]


def card(title: str, note: str, *inside: str, more: str = "", name: str = "") -> str:
    """Return a card with a head."""
    head = tag("div", tag("h2", say(title)), tag("span", say(note), class_="muted"), tag("span", class_="grow"), more,
               class_="card-head")  # fmt: skip
    return tag("section", head, *inside, class_="card", id=name or None)


def table(
    heads: Sequence[str], rows: Iterable[str], *, label: str, empty: str, cells: Iterable[str] | None = None
) -> str:
    """Return a table that becomes cards on a phone; what is not there is said. `cells` are heads as markup."""
    body = "".join(rows)
    if not body:
        return tag("p", say(empty), class_="muted nothing")
    cells = cells or (tag("th", say(head), scope="col") if head else tag("td") for head in heads)
    inside = tag("table", tag("thead", tag("tr", *cells)), tag("tbody", body), class_="desk-table")
    return tag("div", inside, class_="table-area", tabindex="0", role="region", aria_label=label)


def row(heads: Sequence[str], *cells: str, over: bool = False) -> str:
    """Return a row whose first cell names it; on a phone each cell says its head."""
    first, *rest = cells
    named = (tag("td", cell, data_head=head or None) for head, cell in zip(heads[1:], rest, strict=True))
    return tag("tr", tag("th", first, scope="row"), *named, class_="over" if over else None)


def soon(us: int, now_us: int) -> str:
    """Return when something ends; what ends within two weeks carries a sign."""
    said = left(us, now_us)
    return tag("span", icon("warning"), said, class_="soon") if 0 < us - now_us < SOON_US else said


def sessions(found: Iterable[Session], now_us: int, own: str, end: Ending, who: Mapping[str, str] | None = None) -> str:
    """Return a table of signed-in browsers, those that are over left out; this one is marked and has no button."""
    heads = (*(("Who",) if who is not None else ()), "With", "From", "Since", "Last", "")
    rows = (
        row(
            heads,
            *((say(who.get(one.user, "?")),) if who is not None else ()),
            say(one.agent or "A browser"),
            tag("code", say(one.address or "–")),
            ago(one.made_us, now_us),
            tag("span", "this one", class_="good") if one.uid == own else ago(one.used_us, now_us),
            "" if one.uid == own else end(one),
        )
        for one in found
        if one.stands(now_us)
    )
    return table(heads, rows, label="Signed-in browsers", empty="No browser is signed in.")


def tokens(found: Iterable[Token | Device], now_us: int, end: Ending, who: Mapping[str, str] | None = None) -> str:
    """Return a table of tokens, those that are over left out."""
    heads = ("Name", *(("Of", "May") if who is not None else ()), "Last used", "Until", "")
    rows = (
        row(
            heads,
            tag("b", say(one.name)),
            *((say(_owner(one, who)), say(_may(one))) if who is not None else ()),
            ago(one.used_us, now_us),
            soon(one.until_us, now_us),
            end(one),
        )
        for one in found
        if one.stands(now_us)
    )
    return table(heads, rows, label="Tokens", empty="No tokens.")


def _owner(one: Token | Device, who: Mapping[str, str]) -> str:
    return "device" if isinstance(one, Device) else who.get(one.user, "?")


def _may(one: Token | Device) -> str:
    return f"feeds {', '.join(sorted(one.streams))}" if isinstance(one, Device) else "what its user may read"


def shares(
    found: Iterable[StoredShare],
    now_us: int,
    end: Ending,
    said: Callable[[StoredShare], str],
    opens: Callable[[StoredShare], bool],
    who: Mapping[str, str] | None = None,
) -> str:
    """Return a table of share links, those that are over paler and without a button.

    `said` says what one opens, `opens` whether it does.
    """
    heads = ("Name", "Opens", *(("Made by",) if who is not None else ()), "Made", "Ends", "Used", "Names", "Raw", "")
    rows = (
        row(
            heads,
            tag("b", say(one.name)),
            say(said(one)),
            *((say(who.get(one.user, "?")),) if who is not None else ()),
            ago(one.made_us, now_us),
            _ends(one, now_us, opens(one)),
            f"{one.uses} ×, {ago(one.used_us, now_us)}" if one.uses else "never",
            "yes" if one.names else "no",
            tag("span", icon("warning"), "yes, raw", class_="soon") if one.raw else "no",
            end(one) if opens(one) else "",
            over=not opens(one),
        )
        for one in found
    )
    return table(heads, rows, label="Share links", empty="Nothing is shared.")


def _ends(one: StoredShare, now_us: int, opens: bool) -> str:
    if one.revoked_us is not None:
        return "revoked"
    return left(one.until_us, now_us) if opens or not one.stands(now_us) else "over: another secret key"
