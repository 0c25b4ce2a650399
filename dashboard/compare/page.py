"""The compare page: two sessions, or two parts of one, and what differs between them."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html

from analytics.frames.contact import SAID_OFF
from barograph.store.ports import Workout
from barograph.store.trials import Trial
from dashboard.compare.comparison import ChosenSession
from dashboard.compare.query import CompareQuery
from dashboard.drawing import words
from dashboard.drawing.elements import aria, data, erased_notes, reset_view
from dashboard.drawing.markup import place, say, segments, tag
from dashboard.page.whose import TITLE, whose_path
from dashboard.reading.context import Context
from dashboard.reading.data_bounds import DataBounds
from dashboard.reading.overview import span
from dashboard.reading.part_query import PAUSE_MS, SHORTEST_MS
from dashboard.routes import session_path

MOST_FOUND = 50
NOTHING = (
    "Choose two sessions",
    "Two recordings of one athlete, or two parts of one recording: their maps are laid over each other, their curves "
    "too, and every measure is set beside its other half.",
)


def page() -> html.Div:
    """Build the frame of the page; what it shows follows when the browser has said the address and the units."""
    return html.Div(
        [
            html.H1("Compare", className="unseen"),
            dcc.Store(id="compare-asked"),
            dcc.Store(id="compare-which"),
            html.Div(reset_view(), className="page-tools"),
            erased_notes(),
            place("compare-body"),
            _picker(),
        ],
        className="compare",
        **data(baro="compare", title="Compare"),
    )


def _picker() -> html.Dialog:
    search = dcc.Input(
        id="compare-find", type="search", placeholder="Find by name, athlete, kind or tag", debounce=0.25,
        autoComplete="off", className="find",
    )  # fmt: skip
    close = html.Button("Close", className="button", type="button", **data(act="unpick"))
    return html.Dialog(
        [
            html.Div([html.H2("Choose a session", id="pick-title", **data(slot="pick-title")), close],
                     className="card-head"),
            html.Label([html.Span("Find a session", className="unseen"), search], className="pick-find"),
            place("compare-found"),
        ],
        className="pick", **data(slot="picker"), **aria(labelledby="pick-title"),
    )  # fmt: skip


def card(one: ChosenSession, texts: list[str], strip: str = "", trials: Sequence[Trial] = ()) -> str:
    """Return a session with its part, or what is wrong with it.

    `texts` are its facts, `strip` the drawing of all of it, `trials` parts to choose.
    """
    which, name, workout, context = one.which, one.name, one.workout, one.context
    letter = tag("span", which.upper(), class_="letter", data_which=which, aria_hidden="true")
    choose = tag("button", "Change" if name else "Choose", type="button", class_="button" if name else "button primary",
                 data_act="pick", data_which=which, data_athlete=workout.about.athlete or "" if workout else "",
                 aria_label=f"{'Change' if name else 'Choose'} session {which.upper()}")  # fmt: skip
    inside = _named(workout, texts, _chosen(context)) if workout else _unnamed(one)
    part = _part(which, context, trials) if context else ""
    timeline = _timeline(which, context, strip) if context else ""
    return tag("section", letter, tag("div", inside, class_="compare-words"), part, choose, timeline,
               class_="card compare-card", data_workout=name if workout else None,
               data_uid=workout.uid if workout else None, aria_label=f"Session {which.upper()}")  # fmt: skip


def _timeline(which: str, context: Context, strip: str) -> str:
    """The strip with the part on it; assets/compare/partstrip.mjs moves it."""
    query, of = context.query, which.upper()
    sliders = (
        ("scrub", "scrub", f"Part of {of}, as a whole", ""),
        ("edge", "edge-start", f"Start of the part of {of}", "0"),
        ("edge", "edge-stop", f"End of the part of {of}", "1"),
    )
    scrub, start, stop = (
        tag("div", role="slider", tabindex="0", class_=kind, data_slot=slot, data_act=f"part-{which}{end}",
            aria_label=label, aria_valuenow="0") for kind, slot, label, end in sliders
    )  # fmt: skip
    box, cursor = (tag("div", class_=kind, data_slot=slot)
                   for kind, slot in (("selection", "selection-box"), ("cursor", "cursor")))  # fmt: skip
    over = tag("div", scrub, box, start, stop, cursor, class_="timeline", data_slot="timeline", data_over="")
    return tag(
        "div", strip, over, class_="compare-strip", data_which=which, data_length=f"{context.whole.length_s:.3f}",
        data_from=f"{query.start_s:.3f}", data_to=f"{query.stop_s:.3f}",
    )  # fmt: skip


def _chosen(context: Context | None) -> str:
    """The part in words; a drag on the strip changes them at once."""
    if context is None:
        return ""
    return " · " + tag("span", say(part_text(context)), data_slot="part-text")


def _named(workout: Workout, texts: list[str], part: str) -> str:
    about = workout.about
    name = say(about.athlete or workout.workout_id)
    if href := whose_path(workout):
        name = tag("a", name, href=href, title=TITLE)
    title = f"{name}, {say(about.kind)}" if about.kind else name
    link = tag("a", say(workout.workout_id), href=session_path(workout.workout_id), title="Open the session")
    facts = [f" · {tag('span', say(text))}" for text in texts]
    return tag("h2", title) + tag("p", tag("code", link), *facts, part, class_="muted")


def _unnamed(one: ChosenSession) -> str:
    if not one.name:
        return tag("h2", f"Session {one.which.upper()}") + tag("p", "Not chosen yet", class_="muted")
    title, why = "No such session", "Nothing is stored under this name. The address may be incomplete."
    if one.erased:
        title, why = "This session was erased", "Nothing of it is stored any more."
    return tag("h2", title) + tag("p", tag("code", say(one.name)), " · ", why, class_="muted")


def _part(which: str, context: Context, trials: Sequence[Trial]) -> str:
    """From and to in seconds, in the address, and the trials that count."""
    query, most = context.query, context.whole.length_s
    fields = [_seconds(f"{which}{i}", label, value, most)
              for i, (label, value) in enumerate((("From, s", query.start_s), ("To, s", query.stop_s)))]  # fmt: skip
    whole = tag("button", "Whole session", type="button", class_="button",
                data_set=f"{which}0=0&{which}1={most:.3f}")  # fmt: skip
    inside = tag("div", *fields, whole, *_trials(which, context, trials), class_="drop fields")
    label = f"Part of {which.upper()}"
    summary = tag("summary", "Part", class_="button", aria_label=label)
    return tag("details", summary, inside, class_="menu", data_panel=f"part-{which}")


def _trials(which: str, context: Context, trials: Sequence[Trial]) -> list[str]:
    """A button for each trial that counts, and how many were rejected."""
    zero, most, buttons = context.whole.first_us, context.whole.length_s, []
    for one in (one for one in trials if one.counts):
        start, stop = (min(max(0.0, (us - zero) / 1e6), most) for us in (one.start_us, one.stop_us))
        if stop > start:
            text = " · ".join(part for part in (f"Trial {one.number}", one.title, one.condition) if part)
            buttons.append(tag("button", say(text), type="button", class_="button",
                               data_set=f"{which}0={start:.3f}&{which}1={stop:.3f}"))  # fmt: skip
    out = sum(not one.counts for one in trials)
    return [*buttons, *([tag("span", say(f"{words.plural(out, 'trial')} rejected"), class_="muted")] if out else [])]


def _seconds(name: str, label: str, value: float, most: float) -> str:
    field = tag("input", type="number", step="any", min="0", max=f"{most:.3f}", data_param=name, value=f"{value:.3f}")
    return tag("label", tag("span", label), field, class_="field")


def facts(context: Context, steps: str) -> list[str]:
    """Return the date and steps."""
    return [words.date(context.whole.first_us), *([steps] if steps else [])]


def part_text(context: Context) -> str:
    """Return from when to when, and how long that is."""
    query = context.query
    part = "all" if query.whole else f"{words.moment(query.start_s)[:-4]} – {words.moment(query.stop_s)[:-4]}"
    return f"{part}, {words.duration(query.length_s)}"


def actions(report: str, workouts: list[str]) -> str:
    """Return what can be taken along: the files of both, and the comparison as a page to print."""
    export = tag("button", _icon("import"), "Export", tag("kbd", "E"), type="button", class_="button",
                 data_ask="export", data_workouts="\n".join(workouts))  # fmt: skip
    printed = tag("a", _icon("report"), "Report", href=report, target="_blank",
                  class_="button primary", data_slot="report")  # fmt: skip
    return tag("div", export, printed, class_="compare-actions")


def _icon(name: str) -> str:
    return tag("span", class_=f"icon icon-{name}", aria_hidden="true")


def head(cards: tuple[str, str], actions: str, warnings: list[str]) -> str:
    """Build both cards with the swap between them, and what is to be known before the numbers are believed."""
    swap = tag("button", _icon("swap"), tag("kbd", "X"), type="button",
               class_="button", data_act="swap", aria_label="Swap A and B", title="Swap A and B")  # fmt: skip
    said = [tag("p", _icon("warning"), " ", say(text), class_="warn") for text in warnings]
    notes = tag("div", *said, class_="compare-notes") if said else ""
    return tag("div", cards[0], swap, cards[1], actions, class_="compare-head") + notes


VIEWS = (("maps", "Maps, curves and measures"), ("change", "Is it a change?"))


def views(chosen: str, *tools: str) -> str:
    """Return the choice of what is seen of A and B."""
    return tag("div", segments("View", "view", VIEWS, chosen), *tools, class_="compare-views")


def group_card(which: str, title: str, texts: list[str], links: list[tuple[str, str]], athlete: str) -> str:
    """Return a group of sessions: what they are, and each of them as a link; `links` are names and days."""
    letter = tag("span", which.upper(), class_="letter", data_which=which, aria_hidden="true")
    said = tag("p", *(f"{' · ' if i else ''}{tag('span', say(text))}" for i, text in enumerate(texts)), class_="muted")
    rows = (tag("li", tag("a", say(name), href=session_path(name)), " ", tag("span", say(day), class_="muted"))
            for name, day in links)  # fmt: skip
    listed = tag("details", tag("summary", "Sessions", class_="button"), tag("ul", *rows, class_="drop change-members"),
                 class_="menu", data_panel=f"members-{which}") if links else ""  # fmt: skip
    change = tag("button", "Change" if links else "Choose", type="button",
                 class_="button" if links else "button primary", data_act="pick", data_which=which, data_many="",
                 data_athlete=athlete, aria_label=f"Change the sessions of {which.upper()}")  # fmt: skip
    words_ = tag("div", tag("h2", say(title)), said, class_="compare-words")
    return tag("section", letter, words_, listed, change, class_="card compare-card",
               aria_label=f"Sessions of {which.upper()}")  # fmt: skip


def thresholds(query: CompareQuery, known: DataBounds) -> str:
    """Return what makes a step, for both, within what their data have; the fields live in the address."""
    given = dict(query.shared)
    fields = []
    for name, label, hint in (
        ("on", "Contact from", "foot’s"), ("off", "until", SAID_OFF), ("shortest", "at least, ms", f"{SHORTEST_MS:g}"),
        ("pause", "Joined across, ms", f"{PAUSE_MS:g}"),
        ("p0", "Cell loaded above", "layout’s"),
    ):  # fmt: skip
        low, high = known.field(name)
        field = tag("input", type="number", step="any", min=low, max=high, placeholder=hint, data_param=name,
                    value=given.get(name, ""))  # fmt: skip
        fields.append(tag("label", tag("span", say(label)), field, class_="field"))
    title = "thresholds of steps" if not given else "thresholds of steps, changed"
    summary = tag("summary", title, class_="chip")
    return tag("details", summary, tag("div", *fields, class_="fields"), data_panel="thresholds")


def choose(which: str, text: str) -> str:
    """Return a button that opens the list of sessions for A or B."""
    return tag("button", say(text), type="button", class_="button primary", data_act="pick", data_which=which)


def rows(workouts: list[Workout], which: str, athlete: str) -> str:
    """Return sessions to choose from; those of the other one's athlete first."""
    mine = [one for one in workouts if athlete and one.about.athlete == athlete]
    rest = [one for one in workouts if one not in mine]
    groups = [(f"Of {athlete}", mine), ("Newest" if mine else "", rest)]
    found = [_group(title, some, which) for title, some in groups if some]
    return "".join(found) or tag("p", "No session matches.", class_="muted pad", role="status")


def _group(title: str, workouts: list[Workout], which: str) -> str:
    heading = tag("h3", say(title)) if title else ""
    return heading + tag("ul", *(tag("li", _row(one, which)) for one in workouts), class_="pick-list")


def _row(one: Workout, which: str) -> str:
    when = span(one)
    title = ", ".join(text for text in (one.about.athlete or one.workout_id, one.about.kind) if text)
    length = words.duration(when.length_s) if when else "no frames"
    line = f"{one.workout_id} · {words.date(when.first_us if when else one.created_us)} · {length}"
    return tag("button", tag("b", say(title)), tag("span", say(line), class_="muted"), type="button",
               data_choose=one.workout_id, data_which=which)  # fmt: skip
