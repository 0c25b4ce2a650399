"""`barograph calibrate`: a better calibration for a stream that is stored."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np

from barograph import files, fits
from barograph.cli.storage_urls import archive_url
from barograph.curve import Curve
from barograph.errors import InvalidData
from barograph.files.given import chosen
from barograph.frames import Place, Recording
from barograph.lab import Lab, connect
from barograph.settings import Settings
from barograph.store.calibration import reference
from barograph.store.calibration_records import Made, described

WAYS = ("equilibrate", "mass", "step", "two_point", "body_weight", "stance", "check", "listing", "undo")
NAMES = {"two_point": "--two-point", "body_weight": "--body-weight", "listing": "--list"}
VALUES = ("unit", "scale", "offset", "contact_kpa", "curve", "geometry", "side", "place")
OPTIONS = (
    "--unit, --scale, --offset, --contact-kpa, --curve, --tare, --no-tare, --equilibrate, --mass, --step, --two-point, "
    "--body-weight, --check, --geometry, --side, --place, --stance, --list, --undo"
)
MOST_POINTS_BYTES = 1 << 20
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)?\.\.(\d+(?:\.\d+)?)?")


class Named(NamedTuple):
    """Which recording: of a file, or of a session and stream ("" and None: this one); seconds of it."""

    name: str
    start: float | None = None
    stop: float | None = None


def calibrate_stream(settings: Settings, workout: str, stream: str | None, **asked: Any) -> None:
    """Do what was asked for with the calibration of a stream, and say what holds now."""
    ways = [name for name in WAYS if asked[name]]
    values = {name: asked[name] for name in VALUES if asked[name] is not None}
    tared = asked["tare"] is not None or asked["no_tare"]
    if asked["tare"] is not None and asked["no_tare"]:
        raise click.UsageError("give --tare or --no-tare, not both")
    if asked["until"] is not None and "curve" not in values:
        raise click.UsageError("give --until with --curve, whose end it is")
    if not (ways or values or tared):
        raise click.UsageError(f"give at least one of {OPTIONS}")
    if len(ways) > 1 or (ways and (values or tared)):
        one, *_ = (NAMES.get(name, f"--{name}") for name in ways)
        raise click.UsageError(f"give {one} by itself: each way of calibrating is a record of its own")
    if "curve" in values:
        values["curve"] = curve_of(values["curve"], asked["until"])
    if "geometry" in values:
        values["geometry"] = None if values["geometry"] == "none" else chosen(values["geometry"])
    if "place" in values:
        values["place"] = place_of(values["place"])
    with archive_url(settings) as url, connect(url, database=settings.database) as lab:
        if ways:
            _WAYS[ways[0]](lab, workout, stream, asked)
            return
        made = Made()
        if asked["tare"] is not None:
            values["tare"] = reference(lab.recording(workout, stream, *asked["tare"]))
            made = Made("tare", "{} {:g} to {:g} s".format(workout, *asked["tare"]))
        elif asked["no_tare"]:
            values["tare"] = None
        click.echo(f"{_of(workout, stream)}: {described(lab.calibrate(workout, stream, made=made, **values))}")


def place_of(text: str) -> Place | None:
    """Return the place that `X,Y` or `X,Y,TURN` says, in mm and degrees; none is None."""
    numbers = _numbers("place", "X,Y or X,Y,TURN", text, (2, 3))
    return None if numbers is None else Place(**dict(zip(("x_mm", "y_mm", "turn_deg"), numbers, strict=False)))


def _numbers(field: str, expected: str, text: str, many: tuple[int, int]) -> list[float] | None:
    """So many numbers with commas between them; None for the word none."""
    if text == "none":
        return None
    parts = text.split(",")
    try:
        found = list(map(float, parts))
    except ValueError:
        found = []
    if len(found) not in many:
        raise InvalidData(f"{field}: expected {expected}, or none, got {text[:60]!r}", field=field)
    return found


def curve_of(text: str, until: float | None) -> Curve | None:
    """Return the curve that `KIND:NUMBERS` says, or a file of JSON, or points: lines x, y of a file; none is None.

    `table:FILE` goes through the points, `line:FILE`, `quadratic:FILE`, `cubic:FILE` and `power:FILE` near them.
    """
    if text == "none":
        return None
    if Path(text).is_file():
        return Curve.from_dict(_decoded(text))
    kind, colon, numbers = text.partition(":")
    if not colon:
        expected = "power:A,B, polynomial:C0,C1,…, exponential:A,B,C, table:FILE or none"
        raise InvalidData(f"curve: expected {expected}, got {text[:60]!r}", field="curve")
    if Path(numbers).is_file():
        numbers = ",".join(line for line in _text(numbers).splitlines() if line.strip())
        if kind in fits.FORMS:
            points = np.array([_number(one) for one in numbers.split(",")])
            fit = fits.through_points(kind, points[::2], points[1::2])
            click.echo(f"{fit.method}: residual {fit.residual_pct:.3g} % of the largest")
            found: Curve = fit.changes["curve"]
            return found
    return Curve(kind=kind, numbers=(tuple(map(_number, numbers.split(","))),), until=until)  # type: ignore[arg-type]


def _text(path: str) -> str:
    if (size := Path(path).stat().st_size) > MOST_POINTS_BYTES:
        raise InvalidData(f"curve: expected a file of at most {MOST_POINTS_BYTES} bytes, got {size}", field="curve")
    return Path(path).read_text("utf-8")


def _decoded(path: str) -> Any:
    try:
        return json.loads(_text(path))
    except ValueError as error:
        raise InvalidData(f"curve: expected JSON in {Path(path).name}: {error}", field="curve") from error


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidData(
            f"curve: expected numbers with commas between them, got {text[:60]!r}", field="curve"
        ) from error


def named(text: str) -> Named:
    """Return which recording is meant by SESSION, SESSION/STREAM or a file, with or without @FROM..TO."""
    name, at, seconds = text.rpartition("@")
    found = _SECONDS.fullmatch(seconds) if at else None
    if found is None:
        return Named(text)
    start, stop = (None if one is None else float(one) for one in found.groups())
    return Named(name, start, stop)


def _recording(lab: Lab, workout: str, stream: str | None, which: Named) -> Recording:
    """The recording that is named, as the stream that is calibrated reads it."""
    if which.name and Path(which.name).is_file():
        sensors = files.read_file(which.name)
        if len(sensors) > 1:
            sides = [one for one in sensors if one.layout.side is not None and one.layout.side == stream]
            sensors = sides or sensors
        if len(sensors) != 1:
            raise InvalidData(f"recording: expected one sensor in {which.name}, got {len(sensors)}", field="recording")
        whole = sensors[0]
        seconds = (whole.times_us - whole.times_us[0]) / 1e6
        low, high = which.start or 0.0, np.inf if which.stop is None else which.stop
        return lab.like(workout, stream, whole[np.flatnonzero((seconds >= low) & (seconds <= high))])
    session, slash, other = which.name.partition("/")
    found = lab.recording(session or workout, other if slash else stream, which.start, which.stop)
    return lab.like(workout, stream, found)


def _said(workout: str, which: Named) -> str:
    """A recording in words, for the record."""
    path = Path(which.name)
    name = path.name if which.name and path.is_file() else which.name or workout
    if which.start is None and which.stop is None:
        return name
    end = "the end" if which.stop is None else f"{which.stop:g} s"
    return f"{name} {which.start or 0:g} to {end}"


def _of(workout: str, stream: str | None) -> str:
    return workout if stream is None else f"{workout}/{stream}"


def _kept(lab: Lab, workout: str, stream: str | None, fit: fits.Fit, source: str) -> None:
    layout = lab.calibrate_by(workout, stream, fit, source)
    before = "" if fit.before_pct is None else f" (before: {fit.before_pct:.3g} %)"
    click.echo(
        f"{_of(workout, stream)}: by {fit.method} from {source}, {fit.loaded_cells} loaded cells, "
        f"residual {fit.residual_pct:.3g} %{before}"
    )
    if fit.unloaded:
        shown = ", ".join(f"row {row} column {col}" for row, col in fit.unloaded[:10])
        more = "" if len(fit.unloaded) <= 10 else f" and {len(fit.unloaded) - 10} more"
        click.echo(f"  {len(fit.unloaded)} cells had no load and keep their value: {shown}{more}")
    click.echo(f"  {described(layout)}")


def _equilibrate(lab: Lab, workout: str, stream: str | None, asked: dict[str, Any]) -> None:
    which = named(asked["equilibrate"])
    fit = fits.equilibration(_recording(lab, workout, stream, which))
    _kept(lab, workout, stream, fit, _said(workout, which))


def _mass(lab: Lab, workout: str, stream: str | None, asked: dict[str, Any]) -> None:
    way, (kg, text) = (fits.known_mass, asked["mass"]) if asked["mass"] else (fits.step, asked["step"])
    which = named(text)
    fit = way(_recording(lab, workout, stream, which), kg)
    _kept(lab, workout, stream, fit, f"{_said(workout, which)}, {kg:g} kg")


def _two_point(lab: Lab, workout: str, stream: str | None, asked: dict[str, Any]) -> None:
    first_kg, first, second_kg, second = asked["two_point"]
    both = [(named(first), first_kg), (named(second), second_kg)]
    low, high = (_recording(lab, workout, stream, which) for which, _ in both)
    said = " and ".join(f"{_said(workout, which)}, {kg:g} kg" for which, kg in both)
    _kept(lab, workout, stream, fits.two_points(low, first_kg, high, second_kg), said)


def _body_weight(lab: Lab, workout: str, stream: str | None, asked: dict[str, Any]) -> None:
    kg, text = asked["body_weight"]
    which = named(text)
    if "/" in which.name:
        raise InvalidData(f"body_weight: expected a session without a stream, got {which.name!r}", field="body_weight")
    chosen = None if stream is None else [stream]
    standing = lab.aligned(which.name or workout, chosen, which.start, which.stop)
    found = fits.body_weight([lab.like(workout, name, one) for name, one in standing.items()], kg)
    for name, fit in zip(standing, found, strict=True):
        _kept(lab, workout, name, fit, f"{_said(workout, which)}, {kg:g} kg")


def _stance(lab: Lab, workout: str, stream: str | None, asked: dict[str, Any]) -> None:
    if stream is not None:
        raise click.UsageError("give --stance without --stream: it is of both feet")
    numbers = _numbers("stance", "WIDTH or WIDTH,TOE_OUT", asked["stance"], (1, 2))
    feet = lab.place_feet(workout, None) if numbers is None else lab.place_feet(workout, *numbers)
    for side, layout in zip(("left", "right"), feet, strict=True):
        click.echo(f"{workout}, {side} foot: {described(layout)}")


def _check(lab: Lab, workout: str, stream: str | None, asked: dict[str, Any]) -> None:
    which = named(asked["check"])
    recording = _recording(lab, workout, stream, which)
    over, unit = fits.unloaded_above(recording, asked["level"]), recording.layout.cell_unit
    level = recording.layout.loaded_above if asked["level"] is None else asked["level"]
    many = "no cell shows" if not over else f"{len(over)} cell{'s show' if len(over) > 1 else ' shows'}"
    click.echo(f"{_of(workout, stream)}: {many} more than {level:g} {unit} in {_said(workout, which)}")
    for cell in over:
        click.echo(f"  row {cell.row} column {cell.col}: {cell.value:.4g} {unit}")


def _list(lab: Lab, workout: str, stream: str | None, asked: dict[str, Any]) -> None:
    found = lab.calibration_records(workout, stream)
    if not found:
        click.echo(f"{_of(workout, stream)}: no calibration is kept; it is as its device or file said it")
    for one in found:
        by = f", by user {one.by}" if one.by else ""
        source = f" from {one.made.source}" if one.made.source else ""
        off = "" if one.made.residual_pct is None else f", residual {one.made.residual_pct:.3g} %"
        undone = "" if one.undone_us is None else f", undone {_minute(one.undone_us)}"
        click.echo(f"{_minute(one.at_us)} {one.made.method}{source}{off}{by}{undone}: {one.said}")


def _minute(t_us: int) -> str:
    return f"{np.datetime64(t_us, 'us').astype('M8[m]')}Z"


def _undo(lab: Lab, workout: str, stream: str | None, asked: dict[str, Any]) -> None:
    click.echo(f"{_of(workout, stream)}: {described(lab.undo_calibration(workout, stream))}")


_WAYS = {
    "equilibrate": _equilibrate, "mass": _mass, "step": _mass, "two_point": _two_point, "body_weight": _body_weight,
    "stance": _stance, "check": _check, "listing": _list, "undo": _undo,
}  # fmt: skip
