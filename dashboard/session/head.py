"""The head of a session's page: whose it is, what is known of it, and what can be done with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dash import dcc, html

from barograph.bounds import TAG
from barograph.store.ports import Workout
from barograph.store.records import stretches
from dashboard.dialogs.forms import asks
from dashboard.drawing import words
from dashboard.drawing.elements import aria, data, icon, reset_view
from dashboard.page.visitors import is_guest
from dashboard.page.whose import TITLE, whose_path
from dashboard.reading.context import rate_hz
from dashboard.reading.doubts import doubts
from dashboard.reading.overview import Span
from dashboard.results.share_button import share_button
from dashboard.routes import live_path, session_path

MOST_ELSEWHERE = 4


def name_of(workout: Workout) -> str:
    """Return whose session it is, or what it is called."""
    return workout.about.athlete or workout.workout_id


def head(workout: Workout, whole: Span, *, live: bool) -> html.Div:
    """Build everything above the overview."""
    watch = [
        dcc.Link([html.Span(className="dot"), "Watch live"], href=live_path(workout.workout_id), className="button go")
    ]
    return html.Div(
        [
            html.Div(title(workout), id="session-title", className="card-line session-title"),
            html.Div(_facts(workout, whole), className="facts"),
            html.Div(
                [
                    reset_view(),
                    *(watch if live else []),
                    *share_button(workout.workout_id, "session", live=live),
                    *_further(workout),
                ],
                className="actions",
            ),
        ],
        className="session-head",
    )


def _further(workout: Workout) -> list[Any]:
    """What leads on from a session: nothing does for whoever came by a share link."""
    return [] if is_guest() else [_compare(workout), _calibrate(workout), _export(workout), _report(workout)]


def title(workout: Workout, refused: str = "") -> list[Any]:
    """Build the name, kind and tags, all of which can be changed."""
    about = workout.about
    if is_guest():
        said = [html.Span(text, className="chip") for text in (about.kind, *about.tags) if text]
        return [html.H1(name_of(workout)), *said]
    tags = [
        html.Span([tag, html.Button(icon("close"), id={"type": "untag", "tag": tag}, type="button",
                                    title=f"Take off {tag}", **aria(label=f"Take off the tag {tag}"))],
                  className="chip tag")
        for tag in about.tags
    ]  # fmt: skip
    change = html.Button(
        icon("edit"),
        className="button square plain",
        type="button",
        title="Name, kind, mass, tags",
        **aria(label="Edit name, kind, mass and tags"),
        **asks("edit", [workout.workout_id]),
    )
    kind = [html.Span(about.kind, className="chip kind")] if about.kind else []
    why = [html.Span(refused, className="said", role="alert")] if refused else []
    return [html.H1(_athlete(workout)), change, *kind, *tags, _new_tag(), *why]


def _athlete(workout: Workout) -> Any:
    """The athlete's name, which leads to the athlete's page."""
    href = whose_path(workout)
    return dcc.Link(workout.about.athlete, href=href, title=TITLE) if href else name_of(workout)


def _new_tag() -> html.Label:
    field = dcc.Input(id="tag-new", type="text", placeholder="+ tag", maxLength=TAG, autoComplete="off",
                      persistence=False)  # fmt: skip
    return html.Label(field, className="tag-new", **data(baro="labelled", label="New tag: write it and press Enter"))


def erased() -> list[Any]:
    """Say instead of the name that a session is not stored any more."""
    return [html.H1("This session was erased"), dcc.Link("All sessions", href="/", className="button")]


def _compare(workout: Workout) -> html.Button:
    return html.Button([icon("compare"), "Compare with…"], className="button", type="button",
                       **asks("compare", [workout.workout_id]))  # fmt: skip


def _calibrate(workout: Workout) -> html.Button:
    return html.Button("Calibrate", className="button", type="button", **asks("calibrate", [workout.workout_id]))


def _export(workout: Workout) -> html.Button:
    return html.Button([icon("import"), "Export", html.Kbd("E")], className="button", type="button",
                       **asks("export", [workout.workout_id]))  # fmt: skip


def _report(workout: Workout) -> html.A:
    where = f"/report/{quote(workout.workout_id, safe='')}"
    return html.A(
        [icon("report"), "Report"], href=where, target="_blank", className="button primary", **data(slot="report")
    )


def _facts(workout: Workout, whole: Span) -> list[Any]:
    infos = [info for info in workout.streams if info.layout]
    shapes = sorted({info.layout.shape_text for info in infos if info.layout})
    rates = sorted({rate for info in infos if (rate := rate_hz(info))})
    streams = ", ".join([words.plural(len(infos), "stream"), *shapes, *(f"{words.rate(rate)} Hz" for rate in rates)])
    mass = workout.about.mass_kg
    return [
        *([html.Code(workout.workout_id)] if workout.about.athlete else []),
        html.Span(words.date(whole.first_us, weekday=True)),
        html.Span([html.B(words.duration(whole.length_s)), " min:s" if whole.length_s >= 60 else ""]),
        html.Span(streams),
        html.Span([html.B(words.number(workout.frames)), " frames"]),
        html.Span(id="gaps-fact"),
        *([html.Span(f"archived on {words.date(workout.archived_us)}")] if workout.archived_us else []),
        *([html.Span(f"{mass:g} kg")] if mass else []),
        *(html.Span([icon("warning"), doubt], className="warn") for info in infos for doubt in doubts(info)),
        *_elsewhere(workout, whole),
    ]


def _elsewhere(workout: Workout, whole: Span) -> list[Any]:
    """The parts of a session that are more than a day away, each a link."""
    here = session_path(workout.workout_id)
    others = [(i, one) for i, one in enumerate(stretches(workout), 1) if one.first_us != whole.first_us]
    links = [
        dcc.Link(
            f"{words.date(one.first_us)}, {words.duration((one.last_us - one.first_us) / 1e6)}",
            href=f"{here}?piece={i}",
        )
        for i, one in others[:MOST_ELSEWHERE]
    ]
    more = f" and {len(others) - MOST_ELSEWHERE} more" if others[MOST_ELSEWHERE:] else ""
    between: list[Any] = [part for link in links for part in (link, " · ")][:-1]
    said: list[Any] = [icon("warning"), "more than a day apart, and not shown here: ", *between, more]
    return [html.Span(said, className="warn")] if others else []


def gaps_fact(count: int, seconds: float, jumps: int = 0) -> list[Any]:
    """Build how much is not stored, and how often a clock was set back."""
    lost = [f"{words.plural(count, 'gap')}, {words.number(seconds, 2)} s"] if count else []
    back = [f"clock set back {words.plural(jumps, 'time')}"] if jumps else []
    return [icon("warning"), " · ".join([*lost, *back])] if lost or back else ["no gaps"]
