"""What the commands under `barograph geometry` print."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import click

from barograph import geometries
from barograph.geometries.catalogue import Known, catalogue, sided
from barograph.geometries.checks import findings
from barograph.geometries.drawing import drawn
from barograph.geometries.own import VERSION, read, taken
from barograph.geometry import Geometry


def list_known() -> None:
    """Print every geometry: a line of what it is, then source and confidence."""
    width = max(map(len, geometries.names()))
    for name in geometries.names():
        known = _known(name, None)
        cells = f"{known.rows} x {known.cols} cells" if known.places == "grid" else f"{known.cells} cells"
        areas = "areas known" if known.area_mm2 or known.pitch_mm else "no areas"
        click.echo(f"{name:<{width}}  {known.title}: {cells}, places {known.places}, {areas}, {known.quantity}")
        click.echo(f"{'':<{width}}  source: {known.source}")
        click.echo(f"{'':<{width}}  confidence: {known.confidence}")


def show_known(name: str, side: str | None, svg: Path | None) -> None:
    """Print a geometry as the CSV of one's own ones; a grid has no table."""
    known = _known(name, side)
    if known.geometry is not None:
        click.echo(f"# version: {VERSION}")
    for key in ("name", "side", "kind", "source", "confidence"):
        if getattr(known, key):
            click.echo(f"# {key}: {getattr(known, key)}")
    if known.geometry is not None and known.geometry.sole_mm2 is not None:
        click.echo(f"# sole_mm2: {known.geometry.sole_mm2:g}")
    if known.geometry is None:
        x_mm, y_mm = known.pitch_mm or (0.0, 0.0)
        click.echo(f"{known.rows} rows and {known.cols} columns of {x_mm:g} by {y_mm:g} mm")
    else:
        click.echo(_table(known, known.geometry), nl=False)
    _draw(known, svg)


def check_own(path: Path, side: str | None, svg: Path | None) -> bool:
    """Print what was found of one's own geometry; False where something looks wrong."""
    table = read(path)
    side = side or table.about.get("side")
    found = findings(table, side)
    for one in found:
        where = path if one.line is None else f"{path}, line {one.line}"
        click.echo(f"{where}: {'' if one.wrong else 'note: '}{one.text}")
    wrong = sum(one.wrong for one in found)
    known = None if wrong else taken(path)
    if known is not None and known.geometry is not None:
        box = known.geometry.box
        size = f"{box[2] - box[0]:.4g} x {box[3] - box[1]:.4g}{' mm' if known.places == 'mm' else ''}"
        areas = "no areas" if known.area_mm2 is None else f"{sum(known.area_mm2) / 100:.4g} cm² in all"
        click.echo(f"{path}: {known.cells} cells, {size}, {areas}; nothing looks wrong")
    if svg is not None and not any("cell" in one.text and "once" in one.text for one in found):
        _draw(_of(table.geometry(), path, side, len(table.cells)), svg)
    return not wrong


def _of(geometry: Geometry, path: Path, side: str | None, cells: int) -> Known:
    """Return what is drawn of a table, wrong or not."""
    texts: dict[str, Any] = {"name": path.stem, "title": path.name, "kind": "", "source": "", "confidence": ""}
    return Known(**texts, quantity=None, cells=cells, side=side, geometry=geometry, cols=cells)


def _known(name: str, side: str | None) -> Known:
    """Return a geometry of the side that is asked for, else of the one that its source tells."""
    entry = catalogue().get(name)
    own = entry["side"] if entry is not None and side is None and sided(entry) else side
    return geometries.named(name, own)


def _table(known: Known, geometry: Geometry) -> str:
    """Return the cells as a CSV, with the columns that are known of them."""
    unit = {"mm": "mm", "relative": "rel"}.get(geometry.places)
    titles = ["cell", *(["name"] if geometry.names else []), *([f"x_{unit}", f"y_{unit}"] if unit else [])]
    titles += [*(["area_mm2"] if known.area_mm2 else []), *(["polygon_mm"] if geometry.polygons else [])]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(titles)
    for cell in range(known.cells):
        row: list[object] = [cell + 1, *(geometry.names[cell : cell + 1])]
        row += [f"{geometry.x[cell]:.7g}", f"{geometry.y[cell]:.7g}"] if unit else []
        row += [f"{known.area_mm2[cell]:.7g}"] if known.area_mm2 else []
        if geometry.polygons:
            row.append(";".join(f"{x:.7g} {y:.7g}" for x, y in geometry.outlines[cell]))
        writer.writerow(row)
    return out.getvalue()


def _draw(known: Known, svg: Path | None) -> None:
    if svg is not None:
        svg.write_text(drawn(known), "utf-8")
        click.echo(f"{svg}: drawn", err=True)
