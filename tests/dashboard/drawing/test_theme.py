"""One table of colours: style sheet, figures and Mantine say the same, with the contrasts that the design says."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
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


LINEAR = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                   [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
# How linear colours look without one kind of cone (Machado 2009, all of it gone).
VISION = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
NEIGHBOURS = [(1, 2), (1, 3), (2, 3), *((3, one) for one in range(4, 9)), *pairwise(range(4, 9)),
              (4, 9), (5, 9), (9, 10), *((one, 10) for one in range(4, 9))]  # fmt: skip


def oklab(color: str, vision: str) -> np.ndarray:
    channels = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return LAB @ np.cbrt(LINEAR @ np.clip(np.array(VISION[vision]) @ linear, 0.0, 1.0))


@pytest.mark.parametrize("vision", VISION)
def test_masks_that_lie_beside_each_other_are_told_apart_by_everybody(vision):
    for one, other in NEIGHBOURS:
        apart = oklab(theme.MASKS[one - 1], vision) - oklab(theme.MASKS[other - 1], vision)
        assert 100 * np.hypot.reduce(apart) >= 12, (one, other)
