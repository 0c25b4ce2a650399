"""One table of colours: style sheet, figures and Mantine say the same, with the contrasts that the design says."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from dashboard.drawing import theme

DASHBOARD = Path(theme.__file__).parents[1]
CSS = (DASHBOARD / "assets" / "core" / "tokens.css").read_text("utf-8")
MAY = ("theme.py", "tokens.css", "tables.mjs", "mark.svg")  # tables.mjs is made of theme.py
HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")


def declared(selector: str) -> dict[str, str]:
    found = {}
    for body in re.findall(re.escape(selector) + r"[^{}]*{([^}]*)}", CSS):
        found |= dict(re.findall(r"--([\w-]+):\s*([^;]+);", body))
    return found


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_style_sheet_has_the_tables_colours_and_no_others(scheme):
    colors = declared(f'[data-mantine-color-scheme="{scheme}"]')
    assert colors == {name: theme.color(name, scheme) for name in theme.TOKENS}


def test_the_style_sheet_has_the_tables_type_and_maps():
    root = declared(":root")
    for name, size in theme.SIZES_PX.items():
        assert root[name] == f"{size}px"
    for name, stops in theme.MAPS.items():
        assert root[f"map-{name}"] == ", ".join(stops)
    assert (root["font"], root["mono"]) == (theme.FONT, theme.MONO)


def test_no_other_file_names_a_colour():
    files = [*DASHBOARD.rglob("*.py"), *(path for path in (DASHBOARD / "assets").rglob("*") if path.is_file())]
    named = {
        file.name: found for file in files if file.name not in MAY and (found := HEX.findall(file.read_text("utf-8")))
    }
    assert named == {}


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("token", ["text", "text-2", "text-3", "accent", "left", "right", "alarm", "warn"])
def test_what_is_read_has_the_contrast_of_wcag_aa(token, scheme):
    for ground in ("surface", "bg"):
        assert contrast(theme.color(token, scheme), theme.color(ground, scheme)) >= 4.5


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_states_are_readable_on_their_soft_ground(scheme):
    for token in ("accent", "alarm", "warn"):
        assert contrast(theme.color(token, scheme), theme.color(f"{token}-soft", scheme)) >= 4.5
    assert contrast(theme.color("on-accent", scheme), theme.color("accent", scheme)) >= 4.5


@pytest.mark.parametrize("name", theme.MAPS)
def test_lightness_of_a_map_rises_at_every_stop(name):
    assert all(luminance(a) < luminance(b) for a, b in pairwise(theme.MAPS[name]))


def test_a_pressure_has_the_same_colour_in_both_themes():
    for token in ("bed", "bed-line", "on-bed", "under-bed"):
        assert theme.color(token, "dark") == theme.color(token, "light")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_figures_and_mantine_use_the_table(scheme):
    layout = theme.template(scheme).layout
    assert layout.xaxis.tickfont.color == theme.color("text-3", scheme)
    assert layout.yaxis.gridcolor == theme.color("line", scheme)
    shade = theme.mantine()["primaryShade"][scheme]
    assert theme.mantine()["colors"]["accent"][shade] == theme.color("accent", scheme)
    assert theme.soft("left", "dark", 0.5) == "rgba(98,182,242,0.5)"
