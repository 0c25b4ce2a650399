"""The Data tab: where numbers come from, every frame and gap, what the columns mean, and ways to take it along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analytics.columns import definition
from barograph.frames import Gap, Layout
from barograph.store import reading
from barograph.store.ports import StreamInfo
from barograph.store.reading import Jump
from dashboard.drawing import words
from dashboard.drawing.markup import column, copy, head, row, say, section, table, tag, unit_of
from dashboard.drawing.units import Display
from dashboard.page.visitors import may
from dashboard.reading.context import Context, rate_hz
from dashboard.reading.sides import name_of
from dashboard.results import exporting
from dashboard.results.exporting import files, refusals, said
from dashboard.results.vendor_table import origins_of, vendor_numbers

MOST_ROWS = 200
MOST_LONG, FEW_ROWS = 6, 20  # of more streams than that, each shows fewer rows
MOST_GAPS = 500
MOST_REASONS = 6
MOST_TEXT, MOST_RESULTS = 200, 12  # letters of a text of a file, and results that are named


async def body(context: Context) -> str:
    """Return everything about the data of the selection."""
    tables = await context.tables()
    gaps = [(info, gap) for info in context.infos for gap in await gaps_of(context, info)]
    jumps = [(info, jump) for info in context.infos for jump in await jumps_of(context, info)]
    return "".join(
        [
            streams(context),
            await origins(context),
            await vendor_numbers(context),
            _notebook(context),
            await _export(context) if may("export") else "",
            gap_table(context, gaps, jumps),
            *(_frames(context, info, tables[info.stream.stream]) for info in context.infos),
            columns(context),
        ]
    )


async def gaps_of(context: Context, info: StreamInfo) -> tuple[Gap, ...]:
    """Return what is not stored of a stream, kept while nothing new comes."""
    return await context.parts.cache.get(
        ("gaps", info.stream, info.frames, info.last_received_us),
        lambda: reading.gaps(context.parts.archive, info),
    )


def streams(context: Context, title: str = "Streams") -> str:
    """Return every stream's sensor, rate, numbering and clock."""
    heads = ("Stream", "Sensor", "Cells", "Values", "Loaded", "Rate, Hz", "Frames", "Numbering", "Clock")
    rows = [[say(text) for text in (name_of(info), *_described(context, info))] for info in context.infos]
    return section(head(say(title), note="as they were recorded"), table(heads, rows, label=title, texts=9))


async def origins(context: Context) -> str:
    """Show for each imported stream the files it came from: name, format, digest, header, the vendor's results."""
    rows = [[say(name_of(info)), *_origin(one)] for info in context.infos for one in await origins_of(context, info)]
    heads = ("Stream", "File", "Format", "SHA-256", "Header", "Vendor’s results")
    note = 'as the files say; recording.provenance["imported"] has all that is kept'
    return section(head("Imported from", note=note), table(heads, rows, label="Imported from", texts=6)) if rows else ""


def _origin(one: Mapping[str, Any]) -> list[str]:
    """A file's cells; what was cut of it is said below its name."""
    header, digest = one.get("header"), str(one.get("sha256", ""))
    lines = list(header.items()) if isinstance(header, dict) else []
    shown = [tag("div", tag("b", say(name)), " ", say(str(text)[:MOST_TEXT])) for name, text in lines[:MOST_ROWS]]
    folded = tag("details", tag("summary", say(words.plural(len(lines), "line"))), *shown) if lines else "–"
    doubts = one.get("doubts")
    said = [*(doubts[:MOST_RESULTS] if isinstance(doubts, list) else []), *([one["cut"]] if "cut" in one else [])]
    below = "".join(tag("div", say(str(text)[:MOST_TEXT]), class_="muted") for text in said)
    code = tag("code", say(digest[:12] or "–"), title=digest or None)
    named = [say(str(one.get(name, "–"))[:MOST_TEXT]) for name in ("file", "format")]
    return [named[0] + below, named[1], code, folded, say(_results(one) or "–")]


def _results(one: Mapping[str, Any]) -> str:
    """The names of the vendor's results, with the number of values of each."""
    found = one.get("vendor")
    results = list(found.items()) if isinstance(found, dict) else []
    named = [f"{name[:MOST_TEXT]} ({len(values)})" if isinstance(values, list) else name[:MOST_TEXT]
             for name, values in results[:MOST_RESULTS]]  # fmt: skip
    more = [f"and {len(results) - MOST_RESULTS} more"] if len(results) > MOST_RESULTS else []
    return ", ".join([*named, *more])


def _described(context: Context, info: StreamInfo) -> list[str]:
    layout = info.layout
    if layout is None:
        return []
    unit = f"{layout.dtype}, {layout.scale:g} {layout.unit}" if layout.calibrated else f"{layout.dtype}, counts"
    known = [epoch.clock.error_us for epoch in info.epochs if epoch.clock and epoch.clock.error_us is not None]
    clock = f"known to ±{max(known) / 1000:.1f} ms" if known else "not measured"
    return [
        layout.kind, f"{layout.shape_text}, {_places(layout)}", unit, context.loaded([info]), words.rate(rate_hz(info)),
        words.number(info.frames), "by the device" if info.numbered else "by the server on arrival", clock,
    ]  # fmt: skip


def _places(layout: Layout) -> str:
    """How well the places of the cells are known."""
    if layout.geometry is None:
        return f"{layout.pitch_mm[0]:.3g} × {layout.pitch_mm[1]:.3g} mm" if layout.pitch_mm else "pitch not known"
    known = {"mm": "places in mm", "relative": "places in parts of the sensor", "none": "places not known"}
    named = f"{layout.geometry.name}, " if layout.geometry.name else ""
    sure = f" ({layout.geometry.confidence})" if layout.geometry.confidence else ""
    return f"{named}{known[layout.geometry.places]}{sure}"


def notebook_line(context: Context) -> str:
    """Return Python that loads the selection of the first stream."""
    info = context.infos[0]
    part = "" if context.query.whole else f", start={context.query.start_s:.3f}, stop={context.query.stop_s:.3f}"
    return f'lab.recording("{_quoted(context.workout.workout_id)}", "{_quoted(info.stream.stream)}"{part})'


def _notebook(context: Context) -> str:
    code = notebook_line(context)
    line = tag("div", tag("code", say(code)), copy(code), class_="command")
    return section(head("In a notebook", note="the selection as arrays"), line)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


async def _export(context: Context) -> str:
    rows, reasons = [], dict[str, list[str]]()
    for info in context.infos:
        why = await _refused(context, info)
        rows.append([say(name_of(info)), files(info, context.part, why=why)])
        for file_format, reason in why.items():
            reasons.setdefault(reason, []).append(f"{file_format.upper()} of {name_of(info)}")
    whole = await _refused_together(context)
    rows.append([exporting.ALL, exporting.session(context.workout.workout_id, context.part, why=whole)])
    of_one = tuple(reasons)
    for file_format, reason in (whole or {}).items():
        if not any(one in reason for one in of_one):  # what a stream lacks is said of it alone
            reasons.setdefault(reason, []).append(f"{file_format.upper()} of all streams")
    told = [tag("p", say(f"No {', '.join(those)}: {reason}."), class_="muted pad") for reason, those in reasons.items()]
    return section(
        head("Export", note=f"the selection. {said(context.infos)}"),
        table(("Stream", "Files"), rows, label="Export", texts=3), *told[:MOST_REASONS],
    )  # fmt: skip


async def _refused_together(context: Context) -> dict[str, str] | None:
    """Why formats do not hold all streams at once, kept while nothing new comes."""
    marks = tuple((info.stream, info.frames, info.last_received_us, info.k) for info in context.infos)
    found: dict[str, str] | None = await context.parts.cache.get(
        ("refused together", marks, context.part),
        lambda: exporting.refused_together(context.parts.archive, context.infos, context.part),
    )
    return found


async def _refused(context: Context, info: StreamInfo) -> dict[str, str]:
    """Why formats do not hold the selection, kept while nothing new comes."""
    found: dict[str, str] = await context.parts.cache.get(
        ("refusals", info.stream, info.frames, info.last_received_us, info.k, context.part),
        lambda: refusals(context.parts.archive, info, context.part),
    )
    return found


async def jumps_of(context: Context, info: StreamInfo) -> list[Jump]:
    """Return where a stream's clock was set back, kept while nothing new comes."""
    found: list[Jump] = await context.parts.cache.get(
        ("jumps", info.stream, info.frames, info.last_received_us),
        lambda: reading.jumps(context.parts.archive, info),
    )
    return found


def _set_back(context: Context, jumps: Sequence[tuple[StreamInfo, Jump]]) -> str:
    """Every place where a clock was set back; a row moves the cursor."""
    if not jumps:
        return ""
    rows = (
        row([say(name_of(info)), words.moment(context.seconds(jump.before_us)),
             words.number((jump.before_us - jump.after_us) / 1e6, 2)],
            class_="seeks", data_seek_us=jump.before_us)
        for info, jump in jumps[:MOST_GAPS]
    )  # fmt: skip
    note = f"{words.plural(len(jumps), 'time')}; each is a gap, and every number is of the pieces"
    return section(
        head("Clock set back", note=note), table(("Stream", "At", "Back by, s"), rows, label="Clock set back")
    )


def gap_table(
    context: Context, gaps: Sequence[tuple[StreamInfo, Gap]], jumps: Sequence[tuple[StreamInfo, Jump]] = ()
) -> str:
    """Return every gap of the session, and where its clocks were set back; a row moves the cursor."""
    return _gaps(context, gaps) + _set_back(context, jumps)


def _gaps(context: Context, gaps: Sequence[tuple[StreamInfo, Gap]]) -> str:
    if not gaps:
        return section(head("Gaps"), tag("p", "Every frame of every stream is stored.", class_="muted pad"))
    rows = (
        row(
            [say(name_of(info)), words.moment(context.seconds(gap.start_us)), words.number(gap.n),
             words.number((gap.stop_us - gap.start_us) / 1e6, 2), say(gap.reason or "not said")],
            class_="seeks", data_seek_us=gap.start_us,
        )
        for info, gap in gaps[:MOST_GAPS]
    )  # fmt: skip
    more = f", first {MOST_GAPS}" if len(gaps) > MOST_GAPS else ""
    note = f"{words.number(len(gaps))} in the whole session{more}; a row moves the cursor"
    return section(head("Gaps", note=note), table(("Stream", "From", "Frames", "Seconds", "Why"), rows, label="Gaps"))


def _frames(context: Context, info: StreamInfo, found: Any) -> str:
    names = list(found.columns)
    title = f"Frames of {name_of(info)}"
    most = MOST_ROWS if len(context.infos) <= MOST_LONG else FEW_ROWS
    more = f"first {most} of " if len(found) > most else ""
    note = f"{more}{words.number(len(found))} in the selection; a row moves the cursor"
    shown = [context.display(unit_of(name)) for name in names]
    named = zip(names, shown, strict=True)
    heads = ("Time", *(column(name, *context.how(name, [info]), unit=one.unit) for name, one in named))
    rows = _frame_rows(context, found[:most], names, shown)
    return section(head(say(title), note=note), table(heads, rows, label=title))


def _frame_rows(context: Context, found: Any, names: Sequence[str], shown: Sequence[Display]) -> Iterable[str]:
    times = found.index.as_unit("us").asi8.tolist()
    digits = [1 if name.endswith(("_mm", "_cell", "_pct", "_cm2")) else 0 for name in names]
    for t_us, values in zip(times, found.to_numpy(), strict=True):
        cells = (one.number(value, n) for one, value, n in zip(shown, values, digits, strict=True))
        yield row([words.moment(context.seconds(t_us)), *cells], class_="seeks", data_seek_us=t_us)


def columns(context: Context) -> str:
    """Return what each column is."""
    known = [definition(name) for name in dict.fromkeys(name for info in context.infos for name in info.columns)]
    rows = [
        [tag("code", say(one.name)), say(one.unit), say(one.meaning), tag("code", say(one.formula)), say(one.source)]
        for one in known
    ]
    heads = ("Column", "Unit", "Meaning", "Formula", "Source")
    return section(head("Columns", note="what each number is"), table(heads, rows, label="Columns", texts=9))
