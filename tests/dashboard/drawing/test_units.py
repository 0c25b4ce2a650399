"""One unit everywhere: what the viewer chose is on every tab, in the report, and on round ticks."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

from barograph import settings as settings_module
from barograph.store.ports import About
from dashboard.drawing import units
from dashboard.drawing.map_image import Scale, bar_ticks
from dashboard.drawing.units import FORCES, PRESSURES, Display, Units
from dashboard.reading.parts import Parts
from dashboard.reading.sources import Sources
from dashboard.session import callbacks, figures
from dashboard.session.report_routes import make

CHOSEN = "force=kgf&pressure=mmHg"
NEWTONS = re.compile(r"(?<![\w·/])k?N(?=[\s<·/]|$)(?!/cm)")
KILOPASCALS = re.compile(r"\bkPa\b")
# Definitions are in N and kPa, and so are what files have; texts for the clipboard are not seen.
SAID_ELSEWHERE = (
    r'data-about="[^"]*"|data-text="[^"]*"|<style>.*?</style>|<h2>Definitions</h2>.*'
    r'|<section><div class="part-head"><h3>Columns.*|as it was stored: [^<]*'
)


def shown(markup: str) -> str:
    """What a reader sees."""
    visible = re.sub(SAID_ELSEWHERE, "", markup, flags=re.S)
    return unescape(re.sub(r"<[^>]*>", " ", visible))


@pytest.fixture
async def walk(remembered):
    one = await remembered("walk", seconds_ago=60, about=About(athlete="A", mass_kg=75.0)).begin()
    for side in ("left", "right"):
        await one.store(side, one.block(side, 800))
    return one


@pytest.fixture
def pages(tmp_path, walk, memory_live) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), walk.archive, memory_live)


async def tab(pages: Sources, search: str) -> str:
    body, _ = await callbacks.tab(pages, "/session/walk", search)
    return getattr(body, "data-markup")


@pytest.mark.parametrize(
    "name", ["maps", "maps&map=pti", "maps&cell=left:20:5", "regions", "gait", "gait&curve=peak", "data"]
)
async def test_a_tab_is_in_the_units_that_were_chosen(pages, name):
    plain = shown(await tab(pages, f"?tab={name}"))
    assert KILOPASCALS.search(plain)
    turned = shown(await tab(pages, f"?tab={name}&{CHOSEN}"))
    assert NEWTONS.findall(turned) == []
    assert KILOPASCALS.findall(re.sub(r"uint16, \S+ kPa", "", turned)) == []  # the sensor's own unit stays its own
    assert "mmHg" in turned


async def test_a_number_of_a_tab_is_the_stored_one_times_the_factor(pages):
    column = r"Peak pressure\s+{}\s+([\d ]+)"
    plain = shown(await tab(pages, "?tab=gait")).replace("\u202f", "")
    turned = shown(await tab(pages, f"?tab=gait&{CHOSEN}")).replace("\u202f", "")
    kpa, mmhg = (float(re.search(column.format(unit), text)[1]) for unit, text in (("kPa", plain), ("mmHg", turned)))
    assert mmhg == pytest.approx(kpa / 0.133322387, abs=5)


async def test_a_report_is_in_the_units_of_its_address(walk):
    turned = shown(await make(Parts(walk.archive), "walk", f"?{CHOSEN}"))
    seen = re.sub(r"uint16, \S+ kPa", "", turned)
    assert "kgf" in turned
    assert "mmHg" in turned
    assert KILOPASCALS.findall(seen) == []


async def test_body_weight_without_a_mass_is_shown_in_newtons_and_says_so(remembered, tmp_path, memory_live):
    one = await remembered("walk", seconds_ago=60).begin()
    await one.store("left", one.block("left", 500))
    pages = Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), one.archive, memory_live)
    body, _ = await callbacks.tab(pages, "/session/walk", "?tab=gait&force=%25+BW")
    text = shown(getattr(body, "data-markup"))
    assert "% BW needs the athlete’s mass" in text
    assert NEWTONS.search(text)


async def test_the_overview_has_round_ends_in_the_unit_shown(pages):
    figure = await callbacks.figure(pages, "/session/walk", {"force": "kgf", "pressure": "mmHg"}, "dark")
    ends = [one.text for one in figure.layout.annotations if one.xshift == -9]
    assert any(text.endswith("kgf") for text in ends)
    top = max(float(text.split()[0].replace("\u202f", "")) for text in ends)
    assert figures.shown_range((0.0, top), 1.0 + 1e-12)[1] == pytest.approx(top)


@pytest.mark.parametrize("pressure", list(PRESSURES))
@pytest.mark.parametrize("high", [40.0, 100.0, 400.0, 600.0, 55.0])
@pytest.mark.parametrize("over", [False, True])
def test_ticks_of_a_colour_bar_are_round_in_every_unit(pressure, high, over):
    display = Units(pressure=pressure).display("kPa", None)
    scale = Scale(high, "kPa", over=over).turned(display.factor, display.unit)
    values = bar_ticks(scale)
    assert values[0] == 0
    assert 2 <= len(values) <= 6
    assert all(len(f"{value:.6g}".rstrip("0").replace(".", "").lstrip("0")) <= 3 for value in values)
    assert max(values) == pytest.approx(scale.high, rel=0.01) or not over


def test_the_same_pressure_has_the_same_colour_in_every_unit():
    scale = Scale(400.0, "kPa", fade=10.0)
    turned = scale.turned(7.5, "mmHg")
    assert turned.high / turned.fade == scale.high / scale.fade


@pytest.mark.parametrize("force", FORCES)
def test_units_survive_an_address(force):
    for pressure in PRESSURES:
        assert units.of_address("?tab=gait&" + Units(force, pressure).fields) == Units(force, pressure)


def test_a_value_that_is_not_known_stays_a_dash():
    assert Display(7.5, "mmHg").number(None) == Display(7.5, "mmHg").number(np.nan) == "–"
