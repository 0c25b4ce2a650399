"""Balance of a body on the page: the net first, what is not known said, the stance kept, and the Romberg quotient."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from analytics import body_balance, frame_stats, net_cop, romberg, sim
from barograph import settings as settings_module
from barograph.frames import Place, Stream
from barograph.store.calibration import calibrate
from dashboard.reading.parts import Parts
from dashboard.reading.sources import Sources
from dashboard.session import callbacks as session
from dashboard.session.report_routes import make

STOOD = sim.stand(12.0, seed=3)
UNKNOWN = "The stance width is not known."


def plain(markup: str) -> str:
    text = unescape(re.sub(r"<[^>]*>", " ", re.sub(r'data-about="[^"]*"', "", markup))).replace("\u202f", "")
    return " ".join(text.split())


@pytest.fixture
async def pages(tmp_path, memory_archive, memory_live, keep) -> Sources:
    await keep("stand", STOOD)
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


async def tab(pages: Sources, search: str, workout: str = "stand") -> str:
    body, _ = await session.tab(pages, f"/session/{workout}", search)
    return getattr(body, "data-markup")


def net(width: float, toe_out: float, first: int = 0, after: int | None = None):
    feet = [frame_stats(STOOD[side]).iloc[first:after] for side in ("left", "right")]
    layouts = [STOOD[side].layout for side in ("left", "right")]
    return net_cop(feet[0], feet[1], stance_width_mm=width, toe_out_deg=toe_out, layouts=layouts)


async def test_without_a_width_the_page_asks_for_it_and_shows_what_is_known(pages):
    markup = await tab(pages, "?tab=balance")
    text = plain(markup)
    assert f"{UNKNOWN} Without it the body’s sway from side to side is not known" in text
    assert re.search(r"load on the left, %: mean \d\d\.\d, SD \d\.\d", text)
    assert 'data-param="width"' in markup
    assert 'placeholder="not known"' in markup
    assert "Keep with the session" not in text
    head = text.index("Both feet")
    assert head < text.index("Left", head) < text.index("Right", head), "the body is the first result"


async def test_a_width_in_the_address_gives_the_body_s_sway_before_that_of_each_foot(pages):
    markup = await tab(pages, "?tab=balance&width=180&toe=7")
    text = plain(markup)
    assert "heels 180 mm apart, feet turned out by 7°, as the address of this page says" in text
    assert UNKNOWN not in text
    assert "Keep with the session" in text
    (row,) = body_balance(net(180.0, 7.0), cutoff_hz=10.0).to_dict("records")
    line = re.search(r"Path length mm ([\d.]+) ([\d.]+) ([\d.]+)", text)
    assert line is not None, text
    assert float(line[1]) == pytest.approx(row["path_mm"], abs=0.051)
    assert f"mean {row['mean_limb_share_left_pct']:.1f}, SD {row['sd_limb_share_left_pct']:.1f}" in text


async def test_a_stance_that_is_kept_holds_until_the_address_says_another(pages):
    for side, place in Place.feet(200.0, 5.0).items():
        await calibrate(pages.archive, Stream("stand", side), place=place)
    text = plain(await tab(pages, "?tab=balance"))
    assert "heels 200 mm apart, feet turned out by 5°, as kept with the session" in text
    text = plain(await tab(pages, "?tab=balance&toe=0"))
    assert "heels 200 mm apart, feet turned out by 0°, as the address" in text
    await calibrate(pages.archive, Stream("stand", "right"), place=Place(x_mm=90.0, y_mm=300.0))
    text = plain(await tab(pages, "?tab=balance"))
    assert "left at x -100 mm, y 0 mm, turned by 5°; right at x 90 mm, y 300 mm, as kept with the session" in text
    await calibrate(pages.archive, Stream("stand", "right"), place=None)
    assert UNKNOWN in plain(await tab(pages, "?tab=balance"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [("width=-1", "width: expected mm from 0 to 2000, got '-1'"), ("width=9000", "width: expected mm from 0 to 2000"),
     ("toe=91", "toe: expected degrees from −90 to 90, got '91'"), ("width=wide", "width: expected mm"),
     ("open_from=9&open_to=3", "Expected 0 ≤ from < to ≤ 11.99 s, got 9 to 3 s.")],
)  # fmt: skip
async def test_nonsense_in_the_address_is_said(pages, asked, said):
    assert said in plain(await tab(pages, f"?tab=balance&{asked}"))


async def test_the_quotient_of_two_parts_is_that_of_analytics_and_is_refused_of_parts_unlike(pages):
    text = plain(await tab(pages, "?tab=balance&width=180&from=6&to=11.99&open_from=0&open_to=5.99"))
    closed, opened = (body_balance(net(180.0, 0.0, *rows), cutoff_hz=10.0) for rows in ((600, 1200), (0, 600)))
    quotient = romberg(opened, closed).iloc[0, 0]
    line = re.search(r"Romberg quotient, path length ([\d.]+) ([\d.]+) ([\d.]+)", text)
    assert line is not None, text
    assert float(line[1]) == pytest.approx(quotient, abs=0.03)  # the part's edges are a frame apart
    text = plain(await tab(pages, "?tab=balance&width=180&from=6&to=11.99&open_from=0&open_to=3"))
    assert re.search(r"No quotient: the durations differ by more than 5 %: 3\.0 s and [56]\.\d s\.", text)
    assert re.search(r"Romberg quotient, path length – – –", text)


async def test_one_sensor_or_feet_in_counts_have_no_body(pages, keep):
    await keep("one", {"left": STOOD["left"]})
    assert "Both feet" not in plain(await tab(pages, "?tab=balance", "one"))
    raw = {name: replace(one, layout=replace(one.layout, unit="raw", scale=1.0)) for name, one in STOOD.items()}
    await keep("counts", raw)
    assert "Both feet" not in plain(await tab(pages, "?tab=balance", "counts"))


async def test_the_report_has_the_body_first_with_its_stance(pages):
    text = plain(await make(Parts(pages.archive), "stand", "?width=180"))
    assert "heels 180 mm apart, feet turned out by 0°" in text
    assert text.index("Both feet") < text.index("heels 180 mm")
    assert UNKNOWN in plain(await make(Parts(pages.archive), "stand"))


async def test_touch_downs_of_a_stance_on_one_leg_are_listed_with_their_moments(pages, keep):
    assert "On one leg" not in plain(await tab(pages, "?tab=balance"))
    right, at = STOOD["right"], np.arange(len(STOOD["right"])) / 100
    off = ~(((at >= 3.0) & (at < 3.5)) | (at >= 11.0))
    frames = np.where(off[:, None, None], 0, right.frames).astype(right.frames.dtype)
    await keep("leg", {"left": STOOD["left"], "right": replace(right, frames=frames)})
    markup = await tab(pages, "?tab=balance", "leg")
    text = plain(markup)
    assert "the left foot stands; a touch-down of the right one is 20 N or more for 0.05 s" in text
    assert "Time on one leg s 10.5 Touch-downs 1 Time of touch-downs s 0.5 Longest without touch-down s 7.5" in text
    assert re.search(r"Longest without touch-down s 7\.5 Path length mm [\d.]+ Mean velocity mm/s [\d.]+ 95 %", text)
    assert re.search(r"Touch-down at Length, s 00:03\.000 0\.50", text)
    assert f'data-seek-us="{right.times_us[300]}"' in markup
    assert "not quiet standing" not in text, text[:300]
    assert "Measure Both feet Left Rows" in text, "a foot that is lifted has no sway"
    assert "On one leg" in plain(await make(Parts(pages.archive), "leg"))
