"""What opens above a page: a session described or erased, tags of several, files to take along.

A page asks by `data-ask` on a button (assets/core/asking.mjs); `dashboard/dialogs/callbacks.py` shows these and does
what their buttons say. Fields are found by their name, so that one callback reads all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from barograph.bounds import MASS_KG, TAGS
from barograph.errors import InvalidData
from barograph.store.ports import About, StreamInfo, Workout
from dashboard.drawing import words
from dashboard.drawing.elements import aria, data, icon
from dashboard.page.visitors import is_guest

MOST_LISTED = 12


def asks(what: str, workouts: Sequence[str]) -> dict[str, Any]:
    """Return attributes of a button that opens a dialog about sessions."""
    return data(ask=what, workouts="\n".join(workouts))


def choose_geometry(infos: Sequence[StreamInfo]) -> list[Any]:
    """Build the button that opens the choice of a geometry, where a sensor has no places; none for a guest."""
    if is_guest() or all(info.layout is None or info.layout.placed for info in infos):
        return []
    return [html.Button("Choose a geometry", className="button map-offer", type="button",
                        **asks("geometry", [infos[0].stream.workout_id]))]  # fmt: skip


def edit(workout: Workout) -> list[Any]:
    """Build what is said of a session, to be changed; and its end, to be typed."""
    about = workout.about
    return [
        _about([workout]),
        dmc.TextInput(id=_field("athlete"), label="Athlete", value=about.athlete or ""),
        dmc.TextInput(id=_field("kind"), label="Kind", value=about.kind or ""),
        dmc.NumberInput(id=_field("mass"), label="Mass, kg", value=about.mass_kg or "", min=1, max=500),
        dmc.TagsInput(id=_field("tags"), label="Tags", value=list(about.tags), maxTags=TAGS),
        _act("save", "Save"),
        html.Hr(),
        *_erasing([workout]),
    ]


def tags(workouts: Sequence[Workout], known: Sequence[str]) -> list[Any]:
    """Build tags of several sessions, put on or taken off all of them."""
    return [
        _about(workouts),
        html.P(["Tags of ", html.B(_named(workouts)), ". What else they carry stays."]),
        dmc.TagsInput(id=_field("tags"), label="Tags", value=[], data=list(known), maxTags=TAGS),
        dmc.Group([_act("tag", "Add to all"), _act("untag", "Take off all", variant="default")]),
        _said(),
    ]


def erase(workouts: Sequence[Workout]) -> list[Any]:
    """Build the end of several sessions, to be typed."""
    more = [html.Li(f"and {len(workouts) - MOST_LISTED} more")] if len(workouts) > MOST_LISTED else []
    listed = [html.Li(_listed(one)) for one in workouts[:MOST_LISTED]]
    return [_about(workouts), html.Ul([*listed, *more], className="listed"), *_erasing(workouts)]


def _listed(one: Workout) -> list[Any]:
    return [html.B(one.about.athlete or one.workout_id), f", {words.date(one.created_us)}, ", html.Code(one.workout_id)]


def export(files: Any, note: str) -> list[Any]:
    """Build files of sessions or of a selected part: `files` is markup of `exporting`."""
    return [html.P(note), files]


def compare(rows: Any) -> list[Any]:
    """Build sessions to put beside the one that is open: `rows` is markup of `comparewith`."""
    return [html.P("The older of the two is A. The part that is selected here goes along."), rows]


def gone() -> list[Any]:
    """Say that the session was erased meanwhile."""
    return [html.P("This session is not stored any more.")]


def away() -> list[Any]:
    """Say that the archive does not answer."""
    return [html.P([icon("warning"), " The archive does not answer. Try again in a moment."])]


def word_of(workouts: Sequence[str]) -> str:
    """Return what has to be typed before sessions are erased: the one's name, or how many there are."""
    return workouts[0] if len(workouts) == 1 else f"erase {len(workouts)}"


def about_of(fields: Mapping[str, Any]) -> About:
    """Return what the form says, or `InvalidData`; empty fields take back what was said."""
    mass_kg = _mass_kg(fields.get("mass"))
    return About(_text(fields.get("athlete")), _text(fields.get("kind")), mass_kg, tags_of(fields.get("tags")))


def _mass_kg(given: float | str | None) -> float | None:
    """Return what stands in the field of the mass as a number; a text that is none is refused, not taken away."""
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    try:
        return float(str(given).strip().replace(",", "."))
    except ValueError:
        said = f"mass_kg: expected a number above 0 and below {MASS_KG:g}, got {str(given)[:40]!r}"
        raise InvalidData(said, field="mass_kg") from None


def tags_of(given: Any) -> tuple[str, ...]:
    """Return tags as they are stored: without blanks around them, each once."""
    return tuple(dict.fromkeys(text for one in given or () if (text := str(one).strip())))


def _text(text: Any) -> str | None:
    return (str(text).strip() or None) if text else None


def _erasing(workouts: Sequence[Workout]) -> list[Any]:
    names = [one.workout_id for one in workouts]
    word = word_of(names)
    return [
        html.P(["Erasing takes every frame of ", html.B(_named(workouts)), " and cannot be undone."]),
        dmc.TextInput(
            id=_field("typed"), label=f"Type {word} to erase {'it' if len(names) == 1 else 'them'}", value=""
        ),
        _act("erase", "Erase for good", color="alarm", variant="outline"),
        _said(),
    ]


def _named(workouts: Sequence[Workout]) -> str:
    return workouts[0].workout_id if len(workouts) == 1 else words.plural(len(workouts), "session")


def _about(workouts: Sequence[Workout]) -> dcc.Store:
    return dcc.Store(id="dialog-workouts", data=[one.workout_id for one in workouts])


def _field(name: str) -> dict[str, str]:
    return {"type": "dialog-field", "name": name}


def _act(name: str, title: str, **more: Any) -> dmc.Button:
    on_accent = {} if "variant" in more else {"c": "var(--on-accent)"}
    return dmc.Button(title, id={"type": "dialog-act", "name": name}, mt="sm", **on_accent, **more)


def _said() -> html.P:
    return html.P(id="dialog-said", role="status", className="warn", **aria(live="polite"))
