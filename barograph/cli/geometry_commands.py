"""The commands under `barograph geometry`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs

side_option = click.option("--side", type=click.Choice(["left", "right"]), help="Side of the body.")
svg_option = click.option(
    "--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write a drawing of the cells."
)


@click.group()
def geometry() -> None:
    """Say where the cells of known sensors lie, and check a geometry of one's own.

    A name of the list, or a CSV of one's own, is what --geometry of barograph import takes.

    \b
    Examples:  barograph geometry list
               barograph geometry show moticon-opengo-7 --side left --svg insole.svg
               barograph geometry check my-insole.csv --side left
    """


@geometry.command("list")
@needs("known")
def list_geometries() -> None:
    """List all geometries by name: cells, how places and areas are known, source and confidence."""
    from barograph.cli.geometries import list_known

    list_known()


@geometry.command()
@needs("known")
@click.argument("name")
@side_option
@svg_option
def show(name: str, side: str | None, svg: Path | None) -> None:
    """Print the cells of a geometry as a table that geometry check and --geometry read.

    A sided one is printed of the side that its source tells unless --side says the other.

    \b
    Examples:  barograph geometry show pedar-x --side left
               barograph geometry show pedar-x > mine.csv
    """
    from barograph.cli.geometries import show_known

    show_known(name, side, svg)


@geometry.command()
@needs("known")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@side_option
@svg_option
@click.pass_context
def check(context: click.Context, file: Path, side: str | None, svg: Path | None) -> None:
    """Read one's own geometry from a CSV, draw it, and say what looks wrong.

    Columns are cell, x_mm, y_mm and, where they are known, name, area_mm2 and polygon_mm ("x y;x y;x y"). Ends with 1
    when something looks wrong: cells on each other, outlines that overlap, a missing area, cm or inches for mm, a left
    insole that is a right one. docs/geometries.md says more.

    \b
    Example:  barograph geometry check my-insole.csv --side left --svg my-insole.svg
    """
    from barograph.cli.geometries import check_own

    context.exit(0 if check_own(file, side, svg) else 1)
