"""The sessions of an athlete as a timeline: a lane for each kind or tag, a dot for each session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from barograph.times import day_of
from dashboard.athletes.one_query import LANES, WEEKS, OneQuery
from dashboard.athletes.one_reading import Found, Session, within
from dashboard.drawing import words
from dashboard.drawing.markup import say, segments, table, tag
from dashboard.drawing.strip import Strip, wide_picture
from dashboard.drawing.svg import el
from dashboard.routes import session_path

MOST_LANES, LANE_PX, TOP_PX, AXIS_PX = 8, 24, 18, 22
MOST_LISTED = 200
Lane = tuple[str, tuple[Session, ...]]


def lanes_of(sessions: Sequence[Session], by: str = "") -> list[Lane]:
    """Return lanes by kind, or with `by` "tag" by tag, the fullest first; what is rare shares the last but one.

    A session with several tags stands in several lanes; one without stands in the last.
    """
    named = [(one, names_of(one, by)) for one in sessions]
    counts = Counter(name for _, names in named for name in names)
    order = [name for name, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    own = order if len(order) <= MOST_LANES else order[: MOST_LANES - 1]
    lanes = [(name, tuple(one for one, names in named if name in names)) for name in own]
    rest = set(order) - set(own)
    what = LANES[by].lower()
    lanes += [(f"Other {what}s", tuple(one for one, names in named if rest & names))] if rest else []
    none = tuple(one for one, names in named if not names)
    return [*lanes, *([(f"No {what}", none)] if none else [])]


def names_of(session: Session, by: str) -> set[str]:
    """Return the names of the lanes in which a session stands."""
    about = session.workout.about
    return set(about.tags) if by == "tag" else {about.kind} if about.kind else set()


def timeline(found: Found, query: OneQuery, now_us: int) -> str:
    """Return the card with the timeline; one drags on it to choose the time of all that is below."""
    if not found.total:
        text = ("A session becomes this athlete’s when it says the name, the short id or an alias, "
                "or when somebody says whose it is.")  # fmt: skip
        return card("Sessions", "", tag("p", "No sessions yet. " + say(text), class_="muted pad"))
    part = query.chosen(found.shown)
    chosen = within(found.sessions, part)
    count = words.plural(len(found.sessions), "session")
    left = f"; {words.number(found.left_out)} more are left out" if found.left_out else ""
    note = f"{count} in {WEEKS[query.weeks].lower() if query.weeks != 'all' else 'all'}{left}"
    anew = "&since=&until="  # a part of other weeks means nothing
    weeks = [(f"{value}{anew}", title) for value, title in WEEKS.items()]
    tools = segments("Weeks shown", "weeks", weeks, f"{query.weeks}{anew}")
    lanes = segments("Lanes by", "lanes", list(LANES.items()), query.lanes)
    return card("Sessions", note, drawn(found, query, now_us), _part(query, found.shown, len(chosen)), _list(chosen),
                tools=lanes + tools)  # fmt: skip


def card(title: str, note: str, *inside: str, tools: str = "", kind: str = "") -> str:
    """Return a part of the page with its head."""
    head = tag("div", tag("h2", say(title)), tag("span", say(note), class_="muted"), tag("span", class_="grow"), tools,
               class_="part-head")  # fmt: skip
    return tag("section", head, *inside, class_=f"card {kind}".strip(), aria_label=title)


def drawn(found: Found, query: OneQuery, now_us: int) -> str:
    """Return lanes with their names; dots are links to their sessions."""
    lanes = lanes_of(found.sessions, query.lanes)
    strip, bottom = Strip(*found.shown), TOP_PX + LANE_PX * max(1, len(lanes))
    names = "".join(tag("span", say(name), title=name) for name, _ in lanes)
    parts = [_chosen_box(strip, query.chosen(found.shown), bottom) if query.since or query.until else ""]
    parts += [el("line", x1="0", x2="100%", y1=_y(i), y2=_y(i), stroke="var(--line)") for i in range(len(lanes))]
    parts += [strip.dates(bottom + 14), _today(strip, now_us, bottom)]
    newest = found.sessions[-1].workout.uid if found.sessions else ""
    parts += [_dot(strip, one, _y(i), name, newest) for i, (name, some) in enumerate(lanes) for one in some]
    title = f"Timeline of {words.plural(len(found.sessions), 'session')}; arrow keys go from one to the next"
    svg = wide_picture(bottom + AXIS_PX, *parts, title=title, role="group")
    box = tag("div", "", class_="one-drag", data_slot="drag", hidden="hidden")
    place = tag("div", svg, box, class_="one-strip", data_slot="strip", data_first_us=found.shown[0],
                data_stop_us=found.shown[1])  # fmt: skip
    return tag("div", tag("div", names, class_="one-lane-names", aria_hidden="true"), place, class_="one-lanes")


def _y(lane: int) -> float:
    return TOP_PX + LANE_PX * (lane + 0.5)


def _chosen_box(strip: Strip, part: tuple[int, int], bottom: float) -> str:
    width = f"{(strip.share(part[1]) - strip.share(part[0])) * 100:.3f}%"
    return el("rect", x=strip.at(part[0]), y=0, width=width, height=bottom, fill="var(--accent-soft)",
              stroke="var(--accent)")  # fmt: skip


def _today(strip: Strip, now_us: int, bottom: float) -> str:
    words_ = el("text", "today", x=strip.at(now_us), y=11, fill="var(--accent)", font_size=11, text_anchor="end")
    return strip.line(now_us, 15, bottom, stroke="var(--accent)") + words_


def _dot(strip: Strip, one: Session, y: float, lane: str, newest: str) -> str:
    said = f"{lane}, {words.date(one.first_us)}, {words.duration(one.length_s)}, {one.workout.workout_id}"
    x = strip.at(one.first_us)
    inside = (el("circle", cx=x, cy=y, r=11, fill="transparent"), el("circle", cx=x, cy=y, r=4, class_="dot-of"),
              el("title", say(said)))  # fmt: skip
    return el("a", *inside, href=session_path(one.workout.workout_id), aria_label=said, data_t=one.first_us,
              tabindex=0 if one.workout.uid == newest else -1)  # fmt: skip


def _part(query: OneQuery, shown: tuple[int, int], count: int) -> str:
    """The part of the time as two days: what a drag on the timeline sets."""
    low, high = day_of(shown[0]), day_of(shown[1] - 1)
    fields = (
        tag("label", tag("span", title, class_="muted"),
            tag("input", type="date", value=value, min=low, max=high, data_param=name), class_="one-day")
        for name, title, value in (("since", "From", query.since), ("until", "To", query.until))
    )  # fmt: skip
    whole = tag("button", "All that is shown", type="button", class_="button", data_set="since=&until=")
    said = f"{words.plural(count, 'session')} in this time" if query.since or query.until else "Drag to choose a time"
    out = whole if query.since or query.until else ""
    return tag("div", *fields, out, tag("span", say(said), class_="muted", role="status"), class_="one-part")


def _list(sessions: Sequence[Session]) -> str:
    rows = [_row(one) for one in reversed(sessions[-MOST_LISTED:])]
    more = len(sessions) - len(rows)
    note = tag("p", f"{more} older ones are left out.", class_="muted pad") if more > 0 else ""
    heads = ["Session", "Kind", "Tags", "Recorded"]
    inside = table(heads, rows, label="Sessions of this time", texts=3) + note
    return tag("details", tag("summary", "As a list"), inside, data_panel="sessions") if rows else ""


def _row(one: Session) -> list[str]:
    about, name = one.workout.about, one.workout.workout_id
    link = tag("a", say(words.date(one.first_us)), href=session_path(name), title=name)
    return [link, say(about.kind or "–"), say(", ".join(about.tags) or "–"), words.duration(one.length_s)]
