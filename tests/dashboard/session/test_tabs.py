"""Tabs of the session page: numbers are those of analytics, texts stay texts, and nothing is ever blank."""

from __future__ import annotations

import base64
import io
import re
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from analytics import (
    balance,
    butterfly,
    frame_stats,
    gait,
    peak_map,
    pti,
    region_means,
    region_stats,
    region_steps,
    sim,
    stance_map,
    stances,
)
from analytics.base.times import time_index
from barograph import settings as settings_module
from barograph.frames import Stream
from barograph.store.ports import About, StreamInfo
from dashboard.drawing import map_image, outline, svg
from dashboard.drawing.map_image import MapPicture, Scale
from dashboard.drawing.markup import table, term
from dashboard.reading import part_query, standing
from dashboard.reading.sources import Sources
from dashboard.reading.step_parts import everything
from dashboard.results import maps
from dashboard.results.balance import FAINTEST, MOST_IN_A_LINE, cloud, track_chart
from dashboard.session import callbacks

TABS = ("maps", "gait", "footprints", "jump", "balance", "regions", "data")


@pytest.fixture
def pages(tmp_path, memory_archive, memory_live) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


async def markup(pages: Sources, path: str, search: str) -> str:
    body, _ = await callbacks.tab(pages, path, search)
    return getattr(body, "data-markup")


def plain(text: str) -> str:
    return re.sub(r"<[^>]*>", " ", text).replace("\u202f", "")


@pytest.fixture
async def walk(remembered):
    one = await remembered("walk", seconds_ago=60, about=About(athlete="A", mass_kg=75.0)).begin()
    for side in ("left", "right"):
        await one.store(side, one.block(side, 1500))
    return one


@pytest.mark.parametrize("name", ["maps", "gait", "balance", "data"])
async def test_tabs_of_an_archived_session_are_those_of_before(pages, walk, memory_archive, name):
    path = "/session/walk"
    before = await markup(pages, path, f"?tab={name}")
    await memory_archive.cold.archive("walk")
    fresh = Sources(pages.settings, memory_archive, pages.live)
    assert await markup(fresh, path, f"?tab={name}") == before


async def test_where_cold_storage_is_away_a_tab_says_so(pages, walk, memory_archive):
    await memory_archive.cold.archive("walk")
    memory_archive.cold.away = True
    shown = []

    class Shown:
        def callback(self, *outputs, **more):
            return lambda made: shown.append(made) or made

        def clientside_callback(self, *given, **more):
            return None

    callbacks.register(Shown(), pages)
    (show_tab,) = [one for one in shown if one.__name__ == "show_tab"]
    body, _ = await show_tab("?tab=maps", "/session/walk")
    assert "The frames of this session cannot be read now" in getattr(body, "data-markup")
    assert "cold storage" in getattr(body, "data-markup")


@pytest.mark.parametrize("name", [name for name in TABS if name != "footprints"])  # of insoles there are none
async def test_every_tab_says_something_of_a_walk(pages, walk, name):
    text = await markup(pages, "/session/walk", f"?tab={name}")
    assert len(plain(text)) > 200
    assert "nan" not in plain(text)


async def test_the_butterfly_is_that_of_analytics(pages, walk):
    text = plain(await markup(pages, "/session/walk", "?tab=gait"))
    known = butterfly(*(one.part(0, 1500) for one in walk.recordings.values())).attrs
    assert f"crossing {known['crossing_x_mm']:+.1f} mm, {known['n']} strides".replace("-", "−") in text


async def test_the_three_integrals_are_means_over_the_steps_of_analytics(pages, walk):
    text = plain(await markup(pages, "/session/walk", "?tab=maps"))
    assert "mean ± SD over whole steps" in text
    for recording in walk.recordings.values():
        part = recording.part(0, 1500)
        found = region_means(region_steps(part, stances(frame_stats(part)), everything(part.layout))).iloc[0]
        for name in ("pti_map_max_kpa_s", "pti_peak_curve_kpa_s", "pti_mean_kpa_s", "impulse_ns", "ever_loaded_cm2"):
            assert re.search(rf" {found[f'mean_{name}']:.1f} +± {found[f'sd_{name}']:.1f} ", text), name
        # Nothing is the sum over all steps of the selection.
        assert f" {pti(part)['impulse_ns'].iloc[0]:.1f} " not in text


async def test_the_integrals_of_someone_who_stands_are_those_of_the_selection_and_say_so(pages, keep):
    stood = sim.stand(8.0)
    await keep("stand", stood)
    text = plain(await markup(pages, "/session/stand", "?tab=maps"))
    assert "the whole selection" in text
    for name, value in pti(stood["left"]).iloc[0].items():
        assert f" {value:.1f} " in text, name


@pytest.mark.parametrize(("kind", "said"), [
    ("peak", "mean over steps of each step’s peak"),
    ("highest", "largest value of each cell in the selection"),
    ("pti", "mean over steps of each step’s integral"),
])  # fmt: skip
async def test_a_map_of_steps_is_a_mean_over_them_and_the_largest_of_a_selection_is_named_so(pages, walk, kind, said):
    text = plain(await markup(pages, "/session/walk", f"?tab=maps&map={kind}"))
    assert said in text
    part = walk.recordings["left"].part(0, 1500)
    cells = (peak_map(part) if kind == "highest" else stance_map(part, stances(frame_stats(part)), kind)).to_numpy()
    assert f" {np.nanmax(cells):.0f} " in text


FOLLOWING = [
    ("maps", "map=mean", "on=600"),
    ("gait", "", "on=600"),
    ("gait", "", "shortest=900"),
    ("gait", "curve=area", "p0=100"),
    ("balance", "", "hz=1"),
    ("balance", "", "ellipse=exact"),
    ("regions", "", "p0=100"),
    ("regions", "", "regions=thirds"),
    ("data", "", "p0=100"),
]


@pytest.mark.parametrize(("name", "choice", "threshold"), FOLLOWING)
async def test_what_a_tab_shows_follows_its_thresholds_and_filters(pages, walk, name, choice, threshold):
    usual = plain(await markup(pages, "/session/walk", f"?tab={name}&{choice}"))
    other = await markup(pages, "/session/walk", f"?tab={name}&{choice}&{threshold}")
    fresh = Sources(pages.settings, pages.archive, pages.live)
    assert plain(other) != usual
    assert plain(other) == plain(await markup(fresh, "/session/walk", f"?tab={name}&{choice}&{threshold}"))


async def test_gait_shows_what_analytics_computes(pages, walk):
    text = plain(await markup(pages, "/session/walk", "?tab=gait"))
    feet = {side: stances(frame_stats(one.part(0, 1500))) for side, one in walk.recordings.items()}
    known = gait(feet["left"], feet["right"])
    assert f"Cadence  {known.loc['both', 'cadence_spm']:.1f}" in text
    whole = feet["left"][~feet["left"]["cut"]]
    assert f"{whole['max_total_force_n'].mean():.0f}" in text
    assert f"{int(known.loc['left', 'n_stances'])}, Right" in text


async def test_another_threshold_changes_the_stances(pages, walk):
    usual = plain(await markup(pages, "/session/walk", "?tab=gait"))
    high = plain(await markup(pages, "/session/walk", "?tab=gait&on=400&off=300"))
    assert "stances from 20 N" in usual
    assert "stances from 400 N, until 300 N" in high
    none = plain(await markup(pages, "/session/walk", "?tab=gait&on=5000"))
    assert "No steps here" in none


async def test_balance_and_regions_show_what_analytics_computes(pages, walk):
    text = plain(await markup(pages, "/session/walk", "?tab=balance&hz=8"))
    known = balance(frame_stats(walk.recordings["left"].part(0, 1500)), cutoff_hz=8.0)
    assert f"{known['path_mm'].iloc[0]:.1f}" in text
    assert "shorter than the recommended 90 s" in text.lower()
    text = plain(await markup(pages, "/session/walk", "?tab=regions"))
    part = walk.recordings["left"].part(0, 1500)
    heel = region_means(region_steps(part, stances(frame_stats(part)))).loc["heel"]
    for name, places in (("peak_kpa", 0), ("impulse_ns", 0), ("contact_s", 2), ("load_share_pct", 0)):
        assert f"{heel[f'mean_{name}']:.{places}f}   ± {heel[f'sd_{name}']:.{places}f}" in text, name
    assert f"{region_stats(part).loc['heel', 'impulse_ns']:.0f}" not in text
    assert "foot found in the pressures" in text
    assert f"over whole steps: Left {heel['n']:.0f}" in text
    assert re.findall(r"Metatarsal 3 +([LR])", text) == ["L", "R"]


async def test_regions_without_steps_are_of_the_whole_selection_and_are_named_so(pages, keep):
    stood = sim.stand(8.0)
    await keep("stand", stood)
    text = plain(await markup(pages, "/session/stand", "?tab=regions"))
    assert "of the whole selection, which has no whole step" in text
    assert "Impulse, whole selection" in text
    assert "Largest total force" in text
    table = region_stats(stood["left"])
    assert f"{table.loc['heel', 'max_total_force_n']:.0f}" in text


async def test_regions_that_no_foot_was_found_for_say_that_they_are_by_proportion(pages, keep):
    left = sim.walk(3.0)["left"]
    await keep("blind", {"left": replace(left, layout=replace(left.layout, pitch_mm=None))})
    text = plain(await markup(pages, "/session/blind", "?tab=regions"))
    assert "proportions of the foot; no foot was found in the pressures: the size of the cells is not known" in text


def test_maps_of_forty_sensors_stand_in_rows_that_leave_each_its_least_width():
    layout = replace(sim_layout(), side=None)
    pictures = [
        MapPicture(layout, np.zeros((layout.rows, layout.cols)), Scale(40.0, "kPa"), f"s{i}") for i in range(40)
    ]
    drawn = maps.row_of(pictures, Scale(40.0, "kPa"), ["red"] * 40, "Forty", "m")
    places = [tuple(map(float, one)) for one in re.findall(r"translate\(([\d.]+) ([\d.]+)\)", drawn)]
    assert len(set(places)) == 40
    widths = [float(one) for one in re.findall(r'<image[^>]*width="([\d.]+)"', drawn)]
    assert min(widths) >= maps.LEAST_PX * 0.9
    (wide,) = re.findall(r'viewBox="0 0 ([\d.]+) ', drawn)
    assert float(wide) <= maps.MOST_WIDTH + 1


async def test_a_region_that_was_drawn_has_its_cells(pages, walk):
    text = plain(
        await markup(pages, "/session/walk", "?tab=regions&regions=drawn&draw=left|My <b>heel|0,40 21,40 21,60 0,60")
    )
    assert "My &lt;b&gt;heel" in text


@pytest.mark.parametrize("name", TABS)
async def test_a_session_of_one_frame_and_a_sensor_without_calibration_have_every_tab(pages, remembered, name):
    one = await remembered("one", seconds_ago=60).begin("left")
    await one.store("left", one.block("left", 1))
    assert len(plain(await markup(pages, "/session/one", f"?tab={name}"))) > 20


async def test_an_hour_of_marks_asks_for_a_minute_only(pages, walk, monkeypatch):
    info = (await walk.archive.workout("walk")).streams[0]
    spans = []
    original = pages.parts.stats

    async def stats(info, part, p0=0.0):
        spans.append(part.length_s)
        return await original(info, part, p0)

    monkeypatch.setattr(type(pages.parts), "stats", lambda self, *given: stats(*given))
    last = int(info.first_us or 0) + 3_600_000_000
    await walk.archive.mark(info.stream, 0, next_seq=1500, frames=1500, first_us=info.first_us, last_us=last,
                            now_us=time.time_ns() // 1000)  # fmt: skip
    await markup(pages, "/session/walk", "?tab=balance")
    assert spans
    assert max(spans) == 60.0


def test_texts_in_markup_and_drawings_stay_texts():
    hostile = '<script>alert("1")</script>\u202e'
    assert "<script" not in svg.text(0, 0, hostile)
    assert "<script" not in svg.picture(1, 1, title=hostile)
    assert "<script" not in term(hostile, hostile, hostile, hostile)
    assert "<script" not in table([], [], label=hostile)


def test_a_map_is_a_png_of_its_colours_and_is_clipped_to_its_outline(remembered):
    layout = sim_layout()
    values = np.where(layout.valid, 200.0, np.nan)
    picture = MapPicture(layout, values, Scale(400.0, "kPa"), "Left")
    assert picture.png().startswith("data:image/png;base64,iVBORw0KGgo")
    assert 'clip-path="url(#one)"' in picture.draw(0, 0, 100, 300, "one")
    (loop,) = outline.outline(layout)
    assert loop[:, 0].min() >= 0
    assert loop[:, 1].max() <= layout.rows
    colours = map_image.colours(Scale(80.0, "kPa", "baro-diff"))
    assert tuple(colours[512]) != tuple(colours[0])
    assert map_image.largest(values) is not None
    assert map_image.largest(np.zeros((2, 2))) is None


def sim_layout():
    return sim.walk(0.1)["left"].layout


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 812), (-3.4, 5.6), (0, 0.004), (1795, 1795.5)])
def test_there_are_two_to_six_round_ticks_in_a_range(low, high):
    found = svg.ticks(low, high, 5)
    assert 2 <= len(found) <= 6
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in found)


def test_a_track_too_long_for_a_line_shows_every_frame_as_a_dot_and_says_so():
    n = MOST_IN_A_LINE + 1
    rng = np.random.default_rng(5)
    x, y = rng.normal(0, 1, n), rng.normal(0, 1, n)
    x[n // 2], y[n // 3] = 40.2, -30.2  # one frame each, far away
    index = time_index(np.arange(n) * 10_000)
    info = StreamInfo(Stream("w", "left"), sim_layout())
    stats = pd.DataFrame({"cop_x_mm": x, "cop_y_mm": y}, index=index)
    asked = part_query.read("", n / 100)
    # The track before it is filtered: a low-pass takes single frames away.
    long = replace(standing.track(info, stats, asked), x=x, y=y)
    short = standing.track(info, stats.iloc[: n - 1], asked)
    assert "a dot each" in track_chart(long)
    assert "line through 20\u202f000 frames" in track_chart(short)
    plot = svg.Plot(0, 0, 250, 250, (-50.0, 50.0), (-50.0, 50.0))
    (shown,) = re.findall(r'href="data:image/png;base64,([^"]*)"', cloud(plot, long))
    pixels = Image.open(io.BytesIO(base64.b64decode(shown))).convert("L")
    seen = np.asarray(pixels) >= round(255 * FAINTEST)
    rows, cols = (((50 - y) / 100 * 250).astype(int), ((x + 50) / 100 * 250).astype(int))
    wanted = np.zeros((250, 250), bool)
    wanted[rows, cols] = True
    np.testing.assert_array_equal(seen, wanted)
