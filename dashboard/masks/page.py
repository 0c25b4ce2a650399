"""The frame of the page on which masks are drawn; assets/masks fills it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

from barograph.access.needs import needs
from barograph.errors import NotFound
from barograph.frames import check_name
from dashboard.drawing.markup import drawn, say, tag
from dashboard.page import notices
from dashboard.reading.sources import Sources
from dashboard.routes import session_path

TOOLS = (
    ("v", "Choose", "choose"), ("b", "Move border", "border"), ("p", "Give cells to", "edit"),
    ("j", "Merge two", "merge"), ("a", "Foot axis", "axis"),
)  # fmt: skip
OWN = ("stream", "side", "mark")  # of the address; the rest is that of the session's page
SMALL = (
    "Masks are drawn on larger screens: the cells are too small for a finger here. The numbers stand in the session."
)


@needs("read")
async def show(sources: Sources, name: str, search: str) -> Any:
    """Build the page of a session's masks."""
    try:
        workout = await sources.archive.workout(check_name("workout_id", name))
    except NotFound:
        return notices.nowhere()
    fields = {name: values[-1] for name, values in parse_qs(search.lstrip("?"), max_num_fields=100).items()}
    rest = {name: value for name, value in fields.items() if name not in OWN}
    back = f"{session_path(workout.workout_id)}?{urlencode(rest)}"
    title = {"footprints": "Footprints", "regions": "Regions"}.get(rest.get("tab", ""), "Session")
    return drawn(markup(workout.workout_id, workout.uid, back, title), "masks-page")


def markup(workout_id: str, uid: str, back: str, title: str) -> str:
    """Return the page; `back` is where it came from, `title` what that is called."""
    return tag(
        "div", _head(back, title), tag("p", "", class_="tab-problem", role="alert", hidden="", data_slot="problem"),
        tag("section", tag("p", SMALL), tag("a", f"Back to {say(title)}", href=back, class_="button"),
            class_="masks-small card"),
        tag("div", tag("div", _tools(), _show(), _picked(), class_="masks-left"), _stage(),
            tag("div", _changes(), _scope(), _check(), _versions(), class_="masks-right"), class_="masks-body"),
        class_="masks", data_baro="masks", data_title="Masks", data_workout=workout_id, data_uid=uid,
    )  # fmt: skip


def _icon(name: str) -> str:
    return tag("span", "", class_=f"icon icon-{name}", aria_hidden="true")


def _does(what: str, *inside: str, kind: str = "button", **more: Any) -> str:
    return tag("button", *inside, type="button", class_=kind, data_does=what, **more)


def _head(back: str, title: str) -> str:
    return tag(
        "header",
        tag("a", _icon("back10"), tag("span", say(title)), href=back, class_="button plain", data_back=""),
        tag("h1", "Masks", data_slot="title"), tag("span", "", class_="muted", data_slot="about"),
        tag("span", _icon("warning"), "not saved", class_="pill unsaved", data_slot="unsaved", hidden=""),
        tag("span", class_="grow"),
        _does("undo", _icon("undo"), kind="button square", aria_label="Take back", title="Take back (Z)"),
        _does("redo", _icon("redo"), kind="button square", aria_label="Do again", title="Do again (Y)"),
        _does("automatic", _icon("reset"), tag("span", "Automatic again")),
        _does("leave", tag("span", "Cancel"), tag("kbd", "Esc")),
        _does("save", tag("span", "Save", data_slot="save"), tag("kbd", "S"), kind="button primary"),
        class_="masks-head",
    )  # fmt: skip


def _tools() -> str:
    buttons = (
        _does("tool", _icon(icon), tag("span", title), tag("kbd", key.upper()), kind="masks-tool", data_value=key,
              aria_pressed="false")
        for key, title, icon in TOOLS
    )  # fmt: skip
    return tag("div", *buttons, class_="card masks-tools", role="group", aria_label="Tools")


def _show() -> str:
    def choice(kind: str, name: str, title: str, **more: Any) -> str:
        return tag("label", tag("input", type=kind, name=name, **more), tag("span", title))

    return tag(
        "fieldset", tag("legend", "Show"),
        choice("radio", "shown", "Masks", value="masks", checked=""),
        choice("radio", "shown", "Pressure", value="pressure"),
        choice("checkbox", "cells", "Cells", value="1", checked=""),
        choice("checkbox", "axis", "Foot axis", value="1", checked=""),
        class_="card masks-show",
    )  # fmt: skip


def _picked() -> str:
    return tag("section", tag("h2", "Selected"), tag("div", "", data_slot="picked"), class_="card masks-picked")


def _stage() -> str:
    said = "Drawing of the masks. Tools by letters, masks by numbers, arrow keys by the tool."
    return tag(
        "section",
        tag("div", "", class_="masks-grounds", data_slot="grounds"),
        tag("div", "", class_="masks-stage", data_slot="stage", tabindex="0", role="application", aria_label=said),
        tag("p", "", class_="masks-of", data_slot="of"),
        tag("p", "", class_="masks-said", data_slot="said", role="status"),
        class_="card masks-bed", aria_label="Drawing",
    )  # fmt: skip


def _changes() -> str:
    note = tag("span", "before and now", class_="muted")
    return tag("section", tag("div", tag("h2", "What it changes"), note, class_="card-head"),
               tag("div", "", class_="table-area", data_slot="changes", tabindex="0", role="region",
                   aria_label="What it changes"), class_="card masks-changes")  # fmt: skip


def _scope() -> str:
    why = tag("label", tag("span", "Why"), tag("input", type="text", data_slot="reason", maxlength="200"),
              class_="field wide")  # fmt: skip
    return tag("fieldset", tag("legend", "Use these masks for"), tag("div", "", data_slot="scopes"), why,
               tag("p", "", class_="muted", data_slot="lacks"), class_="card masks-use")  # fmt: skip


def _check() -> str:
    return tag("p", "", data_slot="check")


def _versions() -> str:
    return tag("section", tag("div", tag("h2", "Versions"), class_="card-head"), tag("div", "", data_slot="versions"),
               class_="card masks-kept")  # fmt: skip
