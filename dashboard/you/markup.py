"""The page of an athlete as markup, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from barograph.access.principals import Principal
from barograph.store.erasure_requests import ErasureRequest
from barograph.store.ports import Workout
from barograph.times import day_of
from dashboard.drawing import words
from dashboard.drawing.markup import say, tag
from dashboard.drawing.words import plural
from dashboard.routes import session_path
from dashboard.signin import tables
from dashboard.signin.forms import press
from dashboard.signin.times import ago, left
from dashboard.you.held import Held, length_s

PATH = "/you"
PAGE_SIZE = 20
STATES: Mapping[str, str] = {
    "open": "waits for an answer", "done": "erased", "declined": "declined", "withdrawn": "taken back",
}  # fmt: skip
CONSENT = {"given": "yes", "declined": "no", "withdrawn": "withdrawn"}
MACHINE = "Whoever runs this lab’s server, and may read its data folder, can read everything that is stored there."


def tiles(held: Held) -> str:
    """Return the four numbers on top."""
    hours = held.recorded_s / 3600
    long = f"{words.number(hours, 1)} h" if hours >= 1 else words.duration(held.recorded_s)
    days = [_day(one) for one in held.workouts]
    span = f"{min(days)} to {max(days)}" if days else "nothing is stored of you yet"
    links = len(held.shares)
    soonest = min((one.until_us for one in held.shares), default=0)
    return tag(
        "div",
        _tile(words.number(len(held.workouts)), "session" if len(held.workouts) == 1 else "sessions", say(span)),
        _tile(long, "recorded", say(f"{words.number(held.frames)} frames")),
        _tile(str(held.people + 1), "people may see them" if held.people else "person may see them: you", _seers(held)),
        _tile(str(links), "link is open" if links == 1 else "links are open",
              say(f"the first ends on {day_of(soonest)}") if links else "nobody sees anything by a link"),
        class_="tiles-of-you",
    )  # fmt: skip


def _tile(value: str, name: str, about: str) -> str:
    return tag(
        "section", tag("b", say(value)), tag("span", say(name)), tag("small", about, class_="muted"), class_="card"
    )


def _seers(held: Held) -> str:
    if not held.people:
        return "you, and an admin who gives a reason"
    return say(f"you, and {held.people} {'person' if held.people == 1 else 'people'} of your teams")


def who_may_see(held: Held) -> str:
    """Return who may see what is stored, by team and role."""
    heads = ("Team", "Scientists", "Analysts, without your name")
    rows = (tables.row(heads, say(one.name), _count(one.scientists), _count(one.analysts)) for one in held.teams)
    listed = tables.table(heads, rows, label="Who may see it", empty="You are in no team.")
    admins = f"{plural(held.admins, 'admin')} of the lab may look only with a reason that is written down. "
    return tables.card("Who may see it", "", listed, tag("p", say(admins + MACHINE), class_="muted pad"), name="seen")


def _count(n: int) -> str:
    return str(n) if n else "–"


def sessions(held: Held, page: int) -> str:
    """Return one page of one's sessions, each with the way to ask for its erasure."""
    heads = ("Session", "Day", "Kind", "Recorded", "")
    shown = held.workouts[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    rows = (_session(heads, held, one) for one in shown)
    listed = tables.table(heads, rows, label="Your sessions", empty="Nothing is stored of you yet.")
    last = max(1, -(-len(held.workouts) // PAGE_SIZE))
    links = tag("p", _turn("Newer", page - 1, last), say(f" Page {page} of {last} "), _turn("Older", page + 1, last),
                class_="muted pad turn") if last > 1 else ""  # fmt: skip
    return tables.card("Your sessions", words.number(len(held.workouts)), listed, links, name="sessions")


def _turn(title: str, page: int, last: int) -> str:
    return tag("a", title, href=f"{PATH}?page={page}#sessions", class_="button") if 1 <= page <= last else ""


def _session(heads: tuple[str, ...], held: Held, one: Workout) -> str:
    waiting = held.asked(one.uid) or held.asked("")
    ask = tag("a", "Ask for erasure", href=f"{PATH}/erase/{one.uid}", class_="button",
              aria_label=f"Ask for erasure of {one.workout_id}")  # fmt: skip
    return tables.row(
        heads,
        tag("a", say(one.workout_id), href=session_path(one.workout_id)),
        say(_day(one)),
        say(one.about.kind or "–"),
        say(words.duration(length_s(one))),
        "erasure asked for" if waiting else ask,
    )


def _day(one: Workout) -> str:
    return day_of(min((info.first_us for info in one.streams if info.first_us is not None), default=one.created_us))


def links(held: Held, who: Principal, opens: Mapping[str, str], now_us: int) -> str:
    """Return the links that are open, one's own with the way to end them."""
    heads = ("Link", "Opens", "Made by", "Ends", "")
    rows = (
        tables.row(
            heads,
            tag("b", say(one.name)),
            say(opens[one.uid]),
            "you" if one.user == who.uid else "your lab",
            left(one.until_us, now_us),
            tag("a", "Revoke", href=f"{PATH}/links/{one.uid}", class_="button", aria_label=f"Revoke {one.name}")
            if one.user == who.uid
            else "",
        )
        for one in held.shares
    )
    listed = tables.table(heads, rows, label="Links that are open", empty="Nothing of yours is shared by a link.")
    return tables.card("Links that are open", "", listed, name="links")


def consents(held: Held, today: str) -> str:
    """Return what the athlete agreed to, as it stands today."""
    heads = ("What", "Answer", "Since", "Until")
    rows = (
        tables.row(heads, say(one.what), say(_answer(one.state, one.until, today)), say(one.day), say(one.until or "–"))
        for one in held.athlete.standing_consents(today)
    )
    listed = tables.table(heads, rows, label="What you agreed to", empty="No consent of yours is written down.")
    how = "To change an answer, tell a scientist of your team: it is written down with its day."
    return tables.card("What you agreed to", "", listed, tag("p", how, class_="muted pad"), name="consents")


def _answer(state: str, until: str, today: str) -> str:
    return "over" if state == "given" and until and until < today else CONSENT[state]


def take_along(held: Held) -> str:
    """Return the way to take everything along, and what is in the file."""
    text = (
        "One ZIP: every session with all frames as Parquet, with trials, markers and tables as CSV; your record, what "
        "you agreed to, your goals, links, and who received what. Another lab with Barograph can read it in."
    )
    sessions = f"{plural(len(held.workouts), 'session')}, {words.number(held.frames)} frames"
    way = tag("p", tag("a", "Take everything along", href=f"{PATH}/take-along", class_="button", download=""),
              class_="pad")  # fmt: skip
    return tables.card("Take along", sessions, tag("p", text, class_="muted pad"), way, name="take-along")


def erasure(held: Held, names: Mapping[str, str], now_us: int) -> str:
    """Return what was asked for and what became of it, and the way to ask for everything."""
    items = (_request(one, names, now_us) for one in held.requests)
    listed = tag("ul", *items, class_="waiting") if held.requests else ""
    ask = tag(
        "p", tag("a", "Ask for erasure of everything", href=f"{PATH}/erase", class_="button danger"), class_="pad"
    )
    text = (
        "An admin or a scientist of your team answers here. What is erased cannot be brought back. With everything, "
        "this sign-in ends too. What a device still holds, and files that somebody took out, cannot be reached from "
        "here."
    )
    return tables.card("Ask to be erased", "", tag("p", text, class_="muted pad"), listed,
                       "" if held.asked("") else ask, name="erasure")  # fmt: skip


def _request(one: ErasureRequest, names: Mapping[str, str], now_us: int) -> str:
    what = "Everything" if one.everything else names.get(one.workout, "A session that is not stored any more")
    when = ago(one.made_us, now_us) if one.answered_us is None else ago(one.answered_us, now_us)
    back = press(f"{PATH}/requests/{one.uid}/withdraw", "Take it back") if one.state == "open" else ""
    return tag("li", tag("b", say(what)), tag("span", say(STATES[one.state]), class_="chip"),
               tag("span", when, class_="muted"), tag("span", class_="grow"), back,
               tag("p", say(one.answer)) if one.answer else "")  # fmt: skip


def sign_in(passkeys: int, browsers: int, *, password: bool) -> str:
    """Return how one signs in, with the way to change it."""
    ways = (["a password"] if password else []) + ([plural(passkeys, "passkey")] if passkeys else [])
    said = f"You sign in by {' and '.join(ways) or 'your identity provider'}; {plural(browsers, 'browser')} signed in."
    way = tag("p", tag("a", "Change how you sign in", href="/account", class_="button"), class_="pad")
    return tables.card("Your sign-in", "", tag("p", say(said), class_="pad"), way, name="sign-in")
