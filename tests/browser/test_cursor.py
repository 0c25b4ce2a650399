"""The cursor of a session: it starts where there is something to see, and follows a new selection."""

from __future__ import annotations

from playwright.async_api import expect


async def test_a_session_opens_where_it_is_loaded_and_the_cursor_follows_a_new_selection(viewer, athlete):
    sender = athlete("begun", 20.0, ago=7200.0)
    for side, one in sender.recordings.items():
        frames = one.frames.copy()
        frames[:600] = 0  # six seconds before anyone steps on
        sender.recordings[side] = type(one)(frames, one.times_us, one.layout)
    await sender.begin()
    await sender.store(0, 2000, received_us=int(sender.recordings["left"].times_us[-1]))
    page = await viewer.open("/session/begun?tab=data")
    await page.wait_for_selector(".session[data-shown]")
    at = float(await page.get_attribute(".session", "data-shown") or "nan")
    assert at > 6.0
    cells = await page.locator('[data-value="total"]').all_inner_texts()
    assert max(float(text.replace("\u202f", "")) for text in cells) > 300
    await expect(page.locator('[data-slot="outside"]')).to_be_hidden()
    box = await page.locator('[data-slot="timeline"]').bounding_box()
    start, stop = (0.75, 0.9) if at < 14 else (0.4, 0.6)
    await page.mouse.move(box["x"] + box["width"] * start, box["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * stop, box["y"] + 40, steps=5)
    await page.mouse.up()
    inside = f"""() => {{
      const at = Number(document.querySelector(".session").dataset.shown);
      return at >= {start * 19.99 - 0.1} && at <= {stop * 19.99 + 0.1};
    }}"""
    await page.wait_for_function(inside)
    await page.mouse.click(box["x"] + box["width"] * 0.1, box["y"] + 40)
    await expect(page.locator('[data-slot="outside"]')).to_be_visible()
