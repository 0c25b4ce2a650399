"""Files to take along: every stream of a session, or of a selected part of it, in each format."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from barograph.store.ports import StreamInfo, Workout
from barograph.stored_as import stored_as
from dashboard.drawing import words
from dashboard.drawing.markup import row, say, section, table, tag
from dashboard.page.whose import TITLE, whose_path
from dashboard.reading.overview import Span, span
from dashboard.reading.sides import name_of

FORMATS = (("csv", "CSV"), ("parquet", "Parquet"), ("npz", "NPZ"))
SAID = "Every cell of every frame as it was stored: {unit}. The file says so too, and Barograph reads it again."


def path(workout_id: str, stream: str, file_format: str, part: Span) -> str:
    """Return the address of a file with the frames of a part."""
    where = f"/data/{quote(workout_id, safe='')}/{quote(stream, safe='')}/export"
    return f"{where}?format={file_format}&start_us={part.first_us}&stop_us={part.last_us}"


def files(workout_id: str, stream: str, part: Span, of: str = "") -> str:
    """Return one stream's links."""
    links = (
        tag("a", title, href=path(workout_id, stream, name, part), class_="button", download="",
            aria_label=f"{title} of {of or stream}")
        for name, title in FORMATS
    )  # fmt: skip
    return tag("span", *links, class_="buttons")


def said(infos: Sequence[StreamInfo]) -> str:
    """Return what downloads hold, with the unit that is stored, which is not always the one that pages show."""
    units = dict.fromkeys(stored_as(info.layout) for info in infos if info.layout)
    return SAID.format(unit=" or ".join(units) or "no unit")


def sessions(workouts: Sequence[Workout]) -> str:
    """Return every stream of whole sessions."""
    rows = [
        row([_whose(one), say(words.date(whole.first_us)), say(name_of(info)),
             files(one.workout_id, info.stream.stream, whole, f"{one.workout_id}, {info.stream.stream}")], 9)
        for one in workouts if (whole := span(one)) for info in recorded(one)
    ]  # fmt: skip
    return table(("Session", "Date", "Stream", "Files"), rows, label="Files of sessions", texts=9)


def _whose(workout: Workout) -> str:
    name = say(workout.about.athlete or workout.workout_id)
    return tag("a", name, href=href, title=TITLE) if (href := whose_path(workout)) else name


def parts(workout: Workout, spans: Sequence[tuple[str, Span]]) -> str:
    """Return every stream of one session: of the selected part, and of the whole."""
    rows = [
        row([say(name_of(info)), *(files(workout.workout_id, info.stream.stream, part, f"{title}, {info.stream.stream}")
                                 for title, part in spans)], 9)
        for info in recorded(workout)
    ]  # fmt: skip
    heads = ("Stream", *(f"{title} {tag('span', say(words.duration(part.length_s)), class_='unit')}"
                         for title, part in spans))  # fmt: skip
    return table(heads, rows, label="Files of the session", texts=9) + _picture()


def recorded(workout: Workout) -> list[StreamInfo]:
    """Return streams that have frames."""
    return [info for info in workout.streams if info.layout and info.first_us is not None]


def _picture() -> str:
    button = tag("button", "PNG", type="button", class_="button", data_act="picture")
    return section(tag("p", tag("b", "Map at the cursor"), " ", button, class_="export-picture"))
