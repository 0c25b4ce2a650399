"""The list of people: which of them an address asks for, as a table and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from barograph.access.principals import Principal
from barograph.store.accounts import ROLES, Accounts, User
from barograph.store.roster_cells import joined, neutral
from dashboard.drawing.markup import say, tag
from dashboard.drawing.words import plural
from dashboard.page.hidden import hide, shown_in
from dashboard.page.navigation import initials
from dashboard.signin import tables
from dashboard.signin.forms import button
from dashboard.signin.times import ago

PATH = "/people"
HEADS = ("Name", "Roles", "Teams", "Signs in by", "Last seen", "Open", "")
STATES = {"enabled": "may come in", "disabled": "disabled", "password": "password only", "never": "never seen"}
COLUMNS = (
    "name", "email", "roles", "teams", "granted", "athlete", "signs_in_by", "last_seen", "open", "state",
)  # fmt: skip
MOST_FIND = 200
GONE = "a team that is gone"
NOBODY = "Nobody has an account: whoever opens the one-time link of this machine may do everything."


@dataclass(frozen=True)
class PeopleQuery:
    """What the address asks for; "" asks for all. `wrong` says what of it is not understood, and is left out."""

    find: str = ""
    role: str = ""
    team: str = ""
    state: str = ""
    wrong: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """True where everybody is asked for."""
        return not (self.find or self.role or self.team or self.state)

    @property
    def search(self) -> str:
        """The same as the search of an address."""
        given = {name: getattr(self, name) for name in ("find", "role", "team", "state") if getattr(self, name)}
        given |= {"find": hide(self.find)} if self.find else {}
        return f"?{urlencode(given)}" if given else ""

    def asks_for(self, one: Listed) -> bool:
        """Return whether somebody is asked for."""
        user = one.user
        states = {
            "enabled": user.enabled, "disabled": not user.enabled, "never": user.seen_us is None,
            "password": user.enabled and bool(user.password_hash) and not one.passkeys,
        }  # fmt: skip
        found = self.find.casefold() in f"{user.name} {user.email}".casefold()
        of_team = not self.team or self.team in user.teams | user.granted
        return found and of_team and (not self.role or self.role in user.roles) and states.get(self.state, True)


def read(given: Mapping[str, str], teams: Mapping[str, str]) -> PeopleQuery:
    """Return what an address asks for."""
    known = {"role": ROLES, "team": tuple(teams), "state": tuple(STATES)}
    wrong: list[str] = []
    said = {"find": shown_in("find", given, wrong).strip()[:MOST_FIND]}
    for name, allowed in known.items():
        value = given.get(name, "")
        if value and value not in allowed:
            names = ", ".join(allowed) if name != "team" else "a team of this lab"
            wrong.append(f"{name}: expected {names}, got {value[:40]!r}; everybody is shown")
        said[name] = value if value in allowed else ""
    return PeopleQuery(**said, wrong=tuple(wrong))


@dataclass(frozen=True)
class Listed:
    """A user with what stands for them now; `athlete` is what their record is called for whoever looks."""

    user: User
    sessions: int = 0
    tokens: int = 0
    passkeys: int = 0
    athlete: str = ""

    @property
    def ways(self) -> list[str]:
        """How somebody signs in."""
        ways = ["password"] if self.user.password_hash else []
        return ways + [plural(n, noun) for n, noun in ((self.passkeys, "passkey"), (self.tokens, "token")) if n]


@dataclass
class _Counts:
    sessions: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    passkeys: list[str] = field(default_factory=list)


async def everybody(accounts: Accounts, athletes: Mapping[str, str], now_us: int) -> list[Listed]:
    """Return all users, by address."""
    counts = _Counts(
        [one.user for one in await accounts.sessions() if one.stands(now_us)],
        [one.user for one in await accounts.tokens() if one.stands(now_us)],
        [one.user for one in await accounts.passkeys()],
    )
    return [
        Listed(
            one, counts.sessions.count(one.uid), counts.tokens.count(one.uid), counts.passkeys.count(one.uid),
            athletes.get(one.athlete, "a record that is gone") if one.athlete else "",
        )
        for one in await accounts.users()
    ]  # fmt: skip


def table(shown: Sequence[Listed], teams: Mapping[str, str], now_us: int, *, anybody: bool) -> str:
    """Return the list as a card."""
    rows = [_row(one, teams, now_us) for one in shown]
    empty = "Nobody is like that." if anybody else NOBODY
    return tag("section", tables.table(HEADS, rows, label="People", empty=empty), class_="card")


def _row(one: Listed, teams: Mapping[str, str], now_us: int) -> str:
    user = one.user
    mark = tag("span", say(initials(Principal(user.name or user.email))), class_="avatar", aria_hidden="true")
    name = tag("span", mark, tag("b", say(user.name or user.email)), tag("span", say(user.email), class_="muted"),
               class_="person")  # fmt: skip
    state = "" if user.enabled else tag("small", "disabled ", ago(user.disabled_us, now_us))
    own = tag("small", say(f"own data, is {one.athlete}")) if one.athlete else ""
    return tables.row(
        HEADS,
        name,
        chips(sorted(user.roles)),
        chips(_named(user.teams, teams)) + _analyses(user, teams) + own + state,
        say(", ".join(one.ways) or "nothing yet"),
        ago(user.seen_us, now_us),
        str(one.sessions),
        tag("a", "Change", href=f"{PATH}/{user.uid}", class_="button", aria_label=f"Change {user.name or user.email}"),
        over=not user.enabled,
    )


def chips(texts: Sequence[str]) -> str:
    """Return short texts beside each other."""
    return "".join(tag("span", say(text), class_="chip") for text in texts)


def _analyses(user: User, teams: Mapping[str, str]) -> str:
    named = _named(user.granted, teams)
    return chips(named) + tag("small", "names hidden") if named else ""


def _named(uids: frozenset[str], teams: Mapping[str, str]) -> list[str]:
    return sorted(teams.get(uid, GONE) for uid in uids)


def filters(query: PeopleQuery, teams: Mapping[str, str]) -> str:
    """Return the filters as a form whose answer is an address, and the way to the same list as CSV."""
    find = tag("input", type="search", name="find", value=query.find or None, class_="entry", maxlength=str(MOST_FIND),
               placeholder="Filter this list", aria_label="Filter this list by name or e-mail")  # fmt: skip
    by_name = sorted(teams.items(), key=lambda one: one[1])
    reset = "" if query.plain else tag("a", "All", href=PATH, class_="button plain")
    export = tag("a", "Export list", href=f"{PATH}/list.csv{query.search}", class_="button", download="people.csv")
    return tag(
        "form", find, _select("role", "Role", [(role, role) for role in ROLES], query.role),
        _select("team", "Team", by_name, query.team), _select("state", "State", list(STATES.items()), query.state),
        button("Show"), reset, tag("span", class_="grow"), export,
        method="post", action=f"{PATH}/find", class_="filter-row", role="search",
    )  # fmt: skip


def _select(name: str, title: str, options: Sequence[tuple[str, str]], chosen: str) -> str:
    parts = (
        tag("option", say(said), value=value, selected="" if value == chosen else None)
        for value, said in (("", f"{title}: all"), *options)
    )
    return tag("select", *parts, name=name, class_="entry", aria_label=title)


def as_csv(shown: Sequence[Listed], teams: Mapping[str, str]) -> str:
    """Return the list as CSV, with a byte order mark; no text of it is a formula."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for one in shown:
        user = one.user
        cells = (
            user.name, user.email, joined(sorted(user.roles)), joined(_named(user.teams, teams)),
            joined(_named(user.granted, teams)), one.athlete, ", ".join(one.ways), _iso(user.seen_us),
            str(one.sessions), "enabled" if user.enabled else "disabled",
        )  # fmt: skip
        lines.writerow([neutral(cell) for cell in cells])
    return "\ufeff" + text.getvalue()


def _iso(us: int | None) -> str:
    return "" if us is None else datetime.fromtimestamp(us / 1e6, UTC).isoformat(timespec="seconds")
