"""The dialog of every page: what it shows when it is asked for, and what its buttons do."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from dash import ALL, Input, Output, State, ctx, no_update
from msgspec import Meta

from barograph.access.needs import needs
from barograph.errors import AccessDenied, InvalidData, NotFound, StorageAway
from barograph.store.ports import About, Workout
from barograph.store.search import Query
from dashboard.dialogs import calibration_callbacks, compare_with, forms
from dashboard.drawing.markup import drawn
from dashboard.page.typed_callbacks import Address, Callbacks, Clicks, Name, Names, Text, decoded
from dashboard.reading import overview
from dashboard.reading.part_query import read
from dashboard.reading.sources import Sources
from dashboard.results import exporting

MOST_AT_ONCE = 200
Shown = tuple[str, list[Any]]


async def shown(sources: Sources, what: str, names: Sequence[str], search: str) -> Shown:
    """Build the title and content of a dialog; of sessions that are still stored."""
    found = await stored(sources, names)
    if not found or what not in DIALOGS:
        return "Session", forms.gone()
    return await DIALOGS[what](sources, found, search)


async def stored(sources: Sources, names: Sequence[str]) -> list[Workout]:
    """Return the sessions of these names that are stored, in their order."""
    found = []
    for name in names[:MOST_AT_ONCE]:
        try:
            found.append(await sources.archive.workout(name))
        except NotFound:
            continue
    return found


async def _edit(_sources: Sources, found: list[Workout], _search: str) -> Shown:
    return "Session", forms.edit(found[0])


async def _tag(sources: Sources, found: list[Workout], _search: str) -> Shown:
    return "Tags", forms.tags(found, (await sources.archive.known_values()).tags)


async def _erase(_sources: Sources, found: list[Workout], _search: str) -> Shown:
    return "Erase", forms.erase(found)


async def _export(sources: Sources, found: list[Workout], search: str) -> Shown:
    whole = overview.span(found[0], overview.piece_of(search))
    note = exporting.said([info for one in found for info in exporting.recorded(one)])
    if search and len(found) == 1 and whole:
        query = read(search, whole.length_s)
        spans = [] if query.whole else [("Selection", query.span(whole))]
        spans = [*spans, ("All of it", whole)]
        why = [await _refusals(sources, found[0], part) for _, part in spans]
        return "Export", forms.export(drawn(exporting.parts(found[0], spans, why)), note)
    return "Export", forms.export(drawn(exporting.sessions(found)), note)


async def _refusals(sources: Sources, workout: Workout, part: overview.Span) -> exporting.Refusals:
    """Why formats do not hold a part, by stream, and under "" all streams at once."""
    infos = exporting.recorded(workout)
    each = {info.stream.stream: await exporting.refusals(sources.archive, info, part) for info in infos}
    return {**each, "": await exporting.refused_together(sources.archive, infos, part)}


async def _compare(sources: Sources, found: list[Workout], search: str) -> Shown:
    here, whole = found[0], overview.span(found[0], overview.piece_of(search))
    newest, _ = await sources.archive.search(Query(), limit=compare_with.MOST)
    mine, _ = await sources.archive.search(Query(athlete=here.about.athlete or ""), limit=compare_with.MOST)
    query = read(search, whole.length_s if whole else 0.0)
    return "Compare with", forms.compare(drawn(compare_with.rows(here, [*mine, *newest], query)))


DIALOGS: dict[str, Callable[[Sources, list[Workout], str], Awaitable[Shown]]] = {
    "edit": _edit, "tag": _tag, "erase": _erase, "export": _export, "compare": _compare,
    "calibrate": calibration_callbacks.shown, "geometry": calibration_callbacks.geometry,
    "plates": calibration_callbacks.plates,
}  # fmt: skip


async def change(sources: Sources, act: str, names: Sequence[str], fields: Mapping[str, Any]) -> str:
    """Do what a button says; why not, or "" when it is done."""
    if act == "erase":
        return await _erase_all(sources, names, fields.get("typed"))
    given = forms.tags_of(fields.get("tags"))
    if act != "save" and not given:
        return "Write a tag first. Nothing was changed."
    add, take = given if act == "tag" else (), given if act == "untag" else ()
    try:
        if act == "save":
            wanted = {names[0]: forms.about_of(fields)}
        else:
            wanted = {one.workout_id: retagged(one, add, take) for one in await stored(sources, names)}
    except InvalidData as error:
        return f"{error}. Nothing was changed."
    for name, about in wanted.items():
        await sources.archive.describe(name, about)
    return ""


async def _erase_all(sources: Sources, names: Sequence[str], typed: object) -> str:
    """Erase sessions if what was typed is the word of exactly these, and each of them is stored."""
    if len(set(names)) != len(names) or len(await stored(sources, names)) != len(names):
        return "These are not the sessions that are stored any more. Nothing was erased; open this anew."
    if typed != (word := forms.word_of(names)):
        return f"Type {word} to erase {'it' if len(names) == 1 else 'them'}. Nothing was erased."
    for name in names:
        await sources.erase(name)
    return ""


async def retag(sources: Sources, one: Workout, *, add: Sequence[str] = (), take: Sequence[str] = ()) -> None:
    """Put tags on a session, or take them off; the rest of what is said of it stays."""
    await sources.archive.describe(one.workout_id, retagged(one, add, take))


def retagged(one: Workout, add: Sequence[str], take: Sequence[str]) -> About:
    """Return what is said of a session with other tags, or `InvalidData`."""
    kept = [tag for tag in one.about.tags if tag not in take]
    return replace(one.about, tags=forms.tags_of([*kept, *add]))


class _Wish(msgspec.Struct):
    """A dialog, the sessions that it is about, and the address of the page."""

    what: Text = ""
    workouts: Annotated[list[Name], Meta(max_length=MOST_AT_ONCE)] = []
    search: Address = ""


class _FieldId(msgspec.Struct):
    """A field of the dialog."""

    type: Literal["dialog-field"]
    name: Literal["athlete", "kind", "mass", "tags", "typed"]


# Longer than any of these may be: what is too long is answered in the dialog, with its field and its bound.
Written = Annotated[str, Meta(max_length=1 << 16)]


class _Fields(TypedDict, total=False):
    """What stands in the fields."""

    athlete: Written | None
    kind: Written | None
    mass: float | Written | None
    tags: list[Written] | None
    typed: Written | None


class _ActId(msgspec.Struct):
    """A button of the dialog."""

    type: Literal["dialog-act"]
    name: Literal["erase", "save", "tag", "untag"]


Values = Annotated[list[str | float | bool | list[Written] | None], Meta(max_length=len(_Fields.__annotations__))]


def _fields(ids: Sequence[_FieldId], values: Sequence[object]) -> _Fields:
    if len(ids) != len(values):
        raise InvalidData(f"dialog-field: expected {len(ids)} values, got {len(values)}", field="dialog-field.value")
    return decoded("dialog-field", {one.name: value for one, value in zip(ids, values, strict=True)}, _Fields)


def register(app: Callbacks, sources: Sources) -> None:
    """Add the callbacks of the dialog to an application."""
    calibration_callbacks.register(app, sources)

    @app.callback(
        Output("modal", "opened"), Output("modal", "title"), Output("modal", "children"), Input("ask", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def open_dialog(asked: _Wish | None) -> tuple[Any, Any, Any]:
        if asked is None:
            return no_update, no_update, no_update
        try:
            return True, *(await shown(sources, asked.what, asked.workouts, asked.search))
        except StorageAway:
            return True, "Session", forms.away()

    @app.callback(
        Output("modal", "opened", allow_duplicate=True), Output("changed", "data"), Output("dialog-said", "children"),
        Input({"type": "dialog-act", "name": ALL}, "n_clicks"), State("dialog-workouts", "data"),
        State({"type": "dialog-field", "name": ALL}, "value"), State({"type": "dialog-field", "name": ALL}, "id"),
        prevent_initial_call=True,
    )  # fmt: skip
    @needs("read")
    async def do(clicks: Clicks, names: Names | None, values: Values, ids: list[_FieldId]) -> tuple[Any, Any, Any]:
        if not any(clicks) or names is None or not ctx.triggered_id:
            return no_update, no_update, no_update
        act = decoded("dialog-act", ctx.triggered_id, _ActId).name
        fields = _fields(ids, values)
        try:
            refused = await change(sources, act, names, fields)
        except StorageAway:
            refused = "The archive does not answer. Nothing was changed; try again in a moment."
        except NotFound:
            refused = "This session is not stored any more."
        except AccessDenied:
            refused = "You may look at this session, and not change it. Ask a scientist of its team."
        return (no_update, no_update, refused) if refused else (False, time.time_ns(), "")
