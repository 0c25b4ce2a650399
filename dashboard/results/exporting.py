"""Files to take along: every stream of a session, or of a selected part of it, in each format."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from barograph.errors import InvalidData
from barograph.files import WRITTEN
from barograph.files.forces import check_forces
from barograph.frames import Layout
from barograph.store import together
from barograph.store.ports import Archive, StreamInfo, Workout
from barograph.store.reading import plan
from barograph.stored_as import stored_as
from dashboard.drawing import words
from dashboard.drawing.markup import row, say, section, table, tag
from dashboard.page.whose import TITLE, whose_path
from dashboard.reading.overview import Span, span
from dashboard.reading.sides import name_of

FORMATS = (("csv", "CSV"), ("parquet", "Parquet"), ("npz", "NPZ"))
# Of other programs; some streams have not what these need.
OTHERS = (("mat", "MAT"), ("c3d", "C3D"), ("mot", "MOT"))
# All streams with their tables.
ALL = "All streams"
WHOLE = (("zip", "ZIP"), ("xlsx", "XLSX"))
TOGETHER = (("c3d", "C3D"), ("mot", "MOT"))  # of streams that were recorded at one time
Refusals = Mapping[str, Mapping[str, str] | None]  # why a format does not hold a stream, by stream and format
SAID = (
    "CSV, Parquet and NPZ: every cell of every frame as it was stored: {unit}. The file says so too, and Barograph "
    "reads it again. MAT: cells in their unit, and the numbers of each frame. C3D, MOT: the force and where it acts. "
    "ZIP: all streams and tables. XLSX: the tables."
)


def path(workout_id: str, stream: str, file_format: str, part: Span) -> str:
    """Return the address of a file with the frames of a part."""
    where = f"/data/{quote(workout_id, safe='')}/{quote(stream, safe='')}/export"
    return f"{where}?format={file_format}&start_us={part.first_us}&stop_us={part.last_us}"


def files(info: StreamInfo, part: Span, of: str = "", why: Mapping[str, str] | None = None) -> str:
    """Return one stream's links; a format that does not hold it is told with the reason, which `why` may have."""
    workout, stream = info.stream.workout_id, info.stream.stream
    reasons = lacking(info) if why is None else why
    links = []
    for name, title in (*FORMATS, *OTHERS):
        about = {"class_": "button", "aria_label": f"{title} of {of or stream}"}
        if reason := reasons.get(name):
            links.append(tag("span", title, **about | {"class_": "button off"}, role="img", tabindex="0", title=reason))
        else:  # without `download`, so that the reason why there is no file can be read
            ways: dict[str, str | None] = {"download": ""} if (name, title) in FORMATS else {"target": "_blank"}
            links.append(tag("a", title, href=path(workout, stream, name, part), **about, **ways))
    return tag("span", *links, class_="buttons")


def session(workout_id: str, part: Span, of: str = "", why: Mapping[str, str] | None = None) -> str:
    """Return links to all streams at once; those to their forces where `why` says which of them are not held."""
    where = f"/data/{quote(workout_id, safe='')}/export"
    links = []
    for name, title in (*WHOLE, *(() if why is None else TOGETHER)):
        about = {"aria_label": f"{title} of {of or 'all streams'}"}
        if reason := (why or {}).get(name):
            links.append(tag("span", title, **about, class_="button off", role="img", tabindex="0", title=reason))
        else:
            href = f"{where}?format={name}&start_us={part.first_us}&stop_us={part.last_us}"
            links.append(tag("a", title, href=href, **about, class_="button", target="_blank"))
    return tag("span", *links, class_="buttons")


async def refused_together(archive: Archive, infos: Sequence[StreamInfo], part: Span) -> dict[str, str] | None:
    """Return by format why it does not hold the forces of all streams; None of a single one, which has its own."""
    plans = {info.stream.stream: await plan(archive, info, part.first_us, part.last_us) for info in infos}
    plans = {name: one for name, one in plans.items() if one.frames}
    if len(plans) < 2:
        return None
    why = {}
    for name, _ in TOGETHER:
        try:
            await asyncio.to_thread(together.check, plans, name)
        except InvalidData as error:
            why[name] = str(error)
    return why


def lacking(info: StreamInfo) -> dict[str, str]:
    """Return by format what a stream's layout lacks for it, without a look at its frames."""
    return {} if info.layout is None else {name: why for name, _ in OTHERS if (why := _lacks(name, info.layout))}


def _lacks(name: str, layout: Layout) -> str:
    try:
        if name != "mat":
            check_forces(layout)
    except InvalidData as error:
        return str(error)
    return ""


async def refusals(archive: Archive, info: StreamInfo, part: Span) -> dict[str, str]:
    """Return by format why it does not hold the frames of a part; of keys alone, no frame is read."""
    planned = await plan(archive, info, part.first_us, part.last_us)
    why = {}
    for name, _ in OTHERS:
        try:
            await asyncio.to_thread(WRITTEN[name].check, planned.layout, planned.times_us, planned.gaps)
        except InvalidData as error:
            why[name] = str(error)
    return why


def said(infos: Sequence[StreamInfo]) -> str:
    """Return what downloads hold, with the unit that is stored, which is not always the one that pages show."""
    units = dict.fromkeys(stored_as(info.layout) for info in infos if info.layout)
    return SAID.format(unit=" or ".join(units) or "no unit")


def sessions(workouts: Sequence[Workout]) -> str:
    """Return every stream of whole sessions, and all of them at once."""
    rows = []
    for one in workouts:
        if whole := span(one):
            about, name = [_whose(one), say(words.date(whole.first_us))], one.workout_id
            for info in recorded(one):
                links = files(info, whole, f"{name}, {info.stream.stream}")
                rows.append(row([*about, say(name_of(info)), links], 9))
            rows.append(row([*about, ALL, session(name, whole, f"{name}, all streams")], 9))
    return table(("Session", "Date", "Stream", "Files"), rows, label="Files of sessions", texts=9)


def _whose(workout: Workout) -> str:
    name = say(workout.about.athlete or workout.workout_id)
    return tag("a", name, href=href, title=TITLE) if (href := whose_path(workout)) else name


def parts(workout: Workout, spans: Sequence[tuple[str, Span]], why: Sequence[Refusals] = ()) -> str:
    """Return every stream of one session, and all at once: of the selected part, and of the whole.

    `why` has for each part by stream and format why it is not held, under "" of all streams at once.
    """
    rows = []
    for info in recorded(workout):
        name, links = info.stream.stream, []
        for at, (title, part) in enumerate(spans):
            links.append(files(info, part, f"{title}, {name}", why[at].get(name) if why else None))
        rows.append(row([say(name_of(info)), *links], 9))
    links = []
    for at, (title, part) in enumerate(spans):
        links.append(session(workout.workout_id, part, f"{title}, all streams", why[at].get("") if why else None))
    rows.append(row([ALL, *links], 9))
    heads = ("Stream", *(f"{title} {tag('span', say(words.duration(part.length_s)), class_='unit')}"
                         for title, part in spans))  # fmt: skip
    return table(heads, rows, label="Files of the session", texts=9) + _picture()


def recorded(workout: Workout) -> list[StreamInfo]:
    """Return streams that have frames."""
    return [info for info in workout.streams if info.layout and info.first_us is not None]


def _picture() -> str:
    button = tag("button", "PNG", type="button", class_="button", data_act="picture")
    return section(tag("p", tag("b", "Map at the cursor"), " ", button, class_="export-picture"))
