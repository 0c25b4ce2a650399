"""One picture is of one moment: every number, outline and alarm on a page is of the frames that are drawn."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from playwright.async_api import Page, expect

from analytics import frame_stats
from barograph.frames import Recording

# Keeps what is written on the map (peaks, "312 kPa") and at the right end of curves ("L 312"), as it is drawn: of the
# curves in the upper half, and in the lower one.
WRITTEN = """() => {
  const kept = { map: [], upper: {}, lower: {} };
  window.written = kept;
  const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    if (this.canvas.dataset?.slot === "map") Object.assign(kept, { map: [], upper: {}, lower: {} }); // a new picture
    return clearRect.apply(this, box);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const { slot } = this.canvas.dataset ?? {};
    const plain = text.replace(/\\u202f/g, "");
    if (slot === "map" && plain.endsWith("kPa")) kept.map.push(parseInt(plain));
    const half = y < this.canvas.clientHeight / 2 ? kept.upper : kept.lower;
    if (slot === "traces" && /^[LR] \\d+$/.test(plain)) half[plain[0]] ??= Number(plain.slice(2));
    return fillText.call(this, text, x, y);
  };
}"""
# After a screen's drawing is done: peaks on the map, and what the curves of the peak and of the heel say.
LOOKED = """async (n) => {
  const found = [];
  while (found.length < n) {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const { map, upper, lower } = window.written;
    if (Object.keys(upper).length) found.push({ map: [...map].sort((a, b) => a - b), peak: upper, heel: lower });
  }
  return found;
}"""


def agree(looked: list[dict[str, Any]]) -> None:
    for one in looked:
        assert one["map"] == sorted(value for value in one["peak"].values() if value > 0), one
        assert all(heel <= one["peak"][side] for side, heel in one["heel"].items()), one


# A moment may have no load, and so nothing to compare.
NOTHING = "new Promise((done) => setTimeout(() => done([]), 1500))"


async def test_live_paused_and_looking_back_numbers_are_of_the_frames_in_the_picture(viewer, athlete):
    await athlete(seconds=120.0, ago=20.0).walk()
    page = await viewer.open("/live/walk?traces=peak,heel.peak&window=10&layers=peak")
    await page.evaluate(WRITTEN)
    await page.wait_for_selector('.live[data-state="live"]')
    await page.wait_for_function("() => 'L' in window.written.lower")
    live = await page.evaluate(LOOKED, 60)
    agree(live)
    assert len({tuple(one["peak"].values()) for one in live}) > 5, "it moved"
    assert sum(len(one["heel"]) for one in live) > 100, "and so did the column of choice"
    await page.keyboard.press("Space")
    await page.wait_for_selector('.live[data-view="paused"]')
    for key in ("Shift+ArrowLeft", "Shift+ArrowLeft", "ArrowLeft", "Space"):
        await page.keyboard.press(key)
        await page.set_viewport_size({"width": 1440, "height": 899})
        await page.set_viewport_size({"width": 1440, "height": 900})  # or nothing would be drawn again
        agree(await page.evaluate(f"(n) => Promise.race([({LOOKED})(n), {NOTHING}])", 3))


async def test_a_session_that_plays_shows_map_table_and_curves_of_one_frame(viewer, walks):
    page = await viewer.open("/session/walk-a?tab=data&t=4")
    await page.evaluate(WRITTEN)
    await page.wait_for_selector(".session[data-shown]")
    await page.keyboard.press("Space")
    looked = await page.evaluate("""async () => {
      const found = [];
      while (found.length < 40) {
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        const cells = [...document.querySelectorAll('[data-value="peak"]')].map((cell) => Number(cell.textContent));
        const total = [...document.querySelectorAll('[data-value="total"]')];
        const shown = total.map((cell) => Number(cell.textContent.replace(/\\u202f/g, "")));
        const ends = Object.values(window.written.upper);
        const now = document.querySelector('[data-slot="moment"]').textContent;
        const at = document.querySelector(".session").dataset.shown;
        if (ends.length === 2) found.push({ map: [...window.written.map], cells, shown, ends, now, at });
      }
      return found;
    }""")
    for one in looked:
        assert sorted(one["map"]) == sorted(value for value in one["cells"] if value > 0), one
        assert sorted(one["ends"]) == sorted(one["shown"]), one
        minutes, seconds = one["now"].split(":")
        assert abs(int(minutes) * 60 + float(seconds) - float(one["at"])) < 0.0011, one
    assert len({one["at"] for one in looked}) > 5, "it moved"


# Red, dashed: what is drawn over the bed of the map for an alarm.
RINGED = """() => {
  const canvas = document.querySelector('[data-slot="map"]');
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] > 220 && data[i + 1] > 80 && data[i + 1] < 150 && data[i + 2] > 110 && data[i + 2] < 170) n++;
  }
  return n > 40;
}"""
LINE = ".alarm-line"


async def rings(page: Page) -> tuple[bool, bool]:
    """Whether anything is ringed in the picture, and whether the line says that something is above."""
    said = await page.get_attribute(LINE, "data-above") == "true"
    return await page.evaluate(RINGED), said


async def test_the_line_of_alarms_names_every_foot_and_region_and_agrees_with_the_picture(viewer, athlete):
    await athlete(seconds=120.0, ago=20.0).walk()
    page = await viewer.open("/live/walk?alarms=peak:150:0,heel.peak:80:0,total:300:0")
    said = page.locator(LINE).get_by_role("alert")
    await expect(said).to_contain_text(re.compile("Left and Right: peak pressure above 150 kPa"))
    await expect(said).to_contain_text(re.compile("Left and Right, heel: peak pressure above 80 kPa"))
    await expect(said).to_contain_text(re.compile("Left and Right: total force above 300 N"))
    await page.wait_for_timeout(2_500)  # until what is looked back at is stored
    await page.keyboard.press("ArrowLeft")
    await expect(said).to_contain_text("live now: Left and Right: peak pressure")
    seen = set()
    for _ in range(8):
        await page.keyboard.press("Shift+ArrowLeft")
        await page.wait_for_timeout(700)
        ringed, above = await rings(page)
        assert ringed == above, await said.inner_text()
        seen.add(ringed)
    assert True in seen


# Whether the peaks on the map are these; of what is looked back at they come when its frames have.
DRAWN = """(expected) => {
  window.dispatchEvent(new Event("resize"));
  return [...window.written.map].sort((a, b) => a - b).join() === expected.join();
}"""


MOVED = "(before) => ![null, before].includes(new URLSearchParams(location.search).get('at'))"


async def test_a_moment_has_the_same_peaks_on_live_looking_back_on_its_session_page_and_in_the_frames(viewer, athlete):
    sender = athlete(seconds=120.0, ago=20.0)
    await sender.walk()
    live = await viewer.open("/live/walk?traces=peak&layers=peak")
    await live.evaluate(WRITTEN)
    await live.wait_for_selector('.live[data-state="live"]')
    await live.wait_for_timeout(2_500)  # until what is looked back at is stored
    first_us = int(sender.recordings["left"].times_us[0])
    seen, at_us = 0, 0
    for key in ("ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"):
        await live.keyboard.press(key)
        await live.wait_for_selector('.live[data-view="paused"]')
        await live.wait_for_function(MOVED, arg=str(at_us))  # the address follows a moment later
        at_us = int(await live.evaluate("() => new URLSearchParams(location.search).get('at')"))
        expected = sorted(value for one in sender.recordings.values() if (value := peak_at(one, at_us)) > 0)
        await live.wait_for_function(DRAWN, arg=expected)
        session = await viewer.open(f"/session/walk?t={(at_us - first_us) / 1e6:.6f}")
        await session.wait_for_selector(".session[data-shown]")
        cells = session.locator('[data-value="peak"]')
        shown = sorted(float(text) for text in await cells.all_inner_texts() if text not in ("–", "0"))
        assert shown == expected, (key, at_us)
        await session.close()
        seen += len(expected)
    assert seen > 0


def peak_at(recording: Recording, at_us: int) -> int:
    """The highest pressure of the frame that is there at a moment, kPa, as it is shown."""
    frame = int(np.searchsorted(recording.times_us, at_us, "right")) - 1
    stats = frame_stats(recording.part(frame, frame + 1))
    return int(float(stats["peak_kpa"].iloc[0]) + 0.5 + 1e-9)  # halves go up, as on every page
