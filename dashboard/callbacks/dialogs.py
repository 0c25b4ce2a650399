"""The dialog of every page: what it shows when it is asked for, and what its buttons do."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update

from barograph.errors import NotFound, StorageAway
from barograph.ports import Workout
from barograph.search import Query
from dashboard import overview
from dashboard.markup import drawn
from dashboard.pages import comparewith, dialogs, exporting
from dashboard.sources import Sources
from dashboard.wish import read

MOST_AT_ONCE = 200
Shown = tuple[str, list[Any]]


async def shown(sources: Sources, what: str, names: Sequence[str], search: str) -> Shown:
    """Title and content of a dialog; of sessions that are still stored."""
    found = await stored(sources, names)
    if not found or what not in DIALOGS:
        return "Session", dialogs.gone()
    return await DIALOGS[what](sources, found, search)


async def stored(sources: Sources, names: Sequence[str]) -> list[Workout]:
    """The sessions of these names that are stored, in their order."""
    found = []
    for name in names[:MOST_AT_ONCE]:
        try:
            found.append(await sources.archive.workout(name))
        except NotFound:
            continue
    return found


async def _edit(_sources: Sources, found: list[Workout], _search: str) -> Shown:
    return "Session", dialogs.edit(found[0])


async def _tag(sources: Sources, found: list[Workout], _search: str) -> Shown:
    return "Tags", dialogs.tags(found, (await sources.archive.said()).tags)


async def _erase(_sources: Sources, found: list[Workout], _search: str) -> Shown:
    return "Erase", dialogs.erase(found)


async def _export(_sources: Sources, found: list[Workout], search: str) -> Shown:
    whole = overview.span(found[0])
    if search and len(found) == 1 and whole:
        wish = read(search, whole.length_s)
        spans = [] if wish.whole else [("Selection", wish.span(whole))]
        return "Export", dialogs.export(drawn(exporting.parts(found[0], [*spans, ("All of it", whole)])),
                                        exporting.SAID)  # fmt: skip
    return "Export", dialogs.export(drawn(exporting.sessions(found)), exporting.SAID)


async def _compare(sources: Sources, found: list[Workout], search: str) -> Shown:
    here, whole = found[0], overview.span(found[0])
    newest, _ = await sources.archive.search(Query(), limit=comparewith.MOST)
    mine, _ = await sources.archive.search(Query(athlete=here.about.athlete or ""), limit=comparewith.MOST)
    wish = read(search, whole.length_s if whole else 0.0)
    return "Compare with", dialogs.compare(drawn(comparewith.rows(here, [*mine, *newest], wish)))


DIALOGS: dict[str, Callable[[Sources, list[Workout], str], Awaitable[Shown]]] = {
    "edit": _edit, "tag": _tag, "erase": _erase, "export": _export, "compare": _compare,
}  # fmt: skip


async def change(sources: Sources, act: str, names: Sequence[str], fields: Mapping[str, Any]) -> str:
    """Do what a button says; why not, or "" when it is done."""
    archive = sources.archive
    if act == "erase":
        if fields.get("typed") != (word := dialogs.word_of(names)):
            return f"Type {word} to erase {'it' if len(names) == 1 else 'them'}. Nothing was erased."
        for name in names:
            await archive.delete(name)
        return ""
    if act == "save":
        await archive.describe(names[0], dialogs.about_of(fields))
        return ""
    given = dialogs.tags_of(fields.get("tags"))
    if not given:
        return "Write a tag first. Nothing was changed."
    for one in await stored(sources, names):
        await retag(sources, one, add=given if act == "tag" else (), take=given if act == "untag" else ())
    return ""


async def retag(sources: Sources, one: Workout, *, add: Sequence[str] = (), take: Sequence[str] = ()) -> None:
    """Put tags on a session, or take them off; the rest of what is said of it stays."""
    kept = [tag for tag in one.about.tags if tag not in take]
    await sources.archive.describe(one.workout_id, replace(one.about, tags=dialogs.tags_of([*kept, *add])))


def register(app: Dash, sources: Sources) -> None:
    """Add the callbacks of the dialog to an application."""

    @app.callback(
        Output("modal", "opened"), Output("modal", "title"), Output("modal", "children"), Input("ask", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def open_dialog(asked: dict[str, Any] | None) -> tuple[Any, Any, Any]:
        if not asked:
            return no_update, no_update, no_update
        names = [str(name) for name in asked.get("workouts", ())]
        try:
            return True, *(await shown(sources, str(asked.get("what")), names, str(asked.get("search", ""))))
        except StorageAway:
            return True, "Session", dialogs.away()

    @app.callback(
        Output("modal", "opened", allow_duplicate=True), Output("changed", "data"), Output("dialog-said", "children"),
        Input({"type": "dialog-act", "name": ALL}, "n_clicks"), State("dialog-workouts", "data"),
        State({"type": "dialog-field", "name": ALL}, "value"), State({"type": "dialog-field", "name": ALL}, "id"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def do(
        clicks: list[int | None], names: list[str], values: list[Any], ids: list[dict[str, str]]
    ) -> tuple[Any, Any, Any]:
        if not any(clicks):
            return no_update, no_update, no_update
        act = str(ctx.triggered_id["name"])
        fields = {one["name"]: value for one, value in zip(ids, values, strict=True)}
        try:
            refused = await change(sources, act, names, fields)
        except StorageAway:
            refused = "The archive does not answer. Nothing was changed; try again in a moment."
        except NotFound:
            refused = "This session is not stored any more."
        return (no_update, no_update, refused) if refused else (False, time.time_ns(), "")
