"""The home page and the door in a real browser."""

from __future__ import annotations

import asyncio
import base64
import math
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Route, expect
from screens import axe, fits

from barograph import files
from barograph.errors import StorageAway
from barograph.frames import Layout, Recording, Stream


async def test_without_the_link_a_browser_is_told_what_to_do(chromium, dashboard, screenshot):
    context = await chromium.new_context(color_scheme="dark", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    answer = await page.goto(dashboard.url)
    assert answer.status == 403
    await expect(page.locator("h1")).to_have_text("Open the link that Barograph printed")
    await screenshot(page, "refused-1440-dark")
    await context.close()


async def test_the_first_steps_turn_into_the_list_by_themselves(viewer, athlete, screenshot):
    page = await viewer.open("/")
    await expect(page.locator("h1")).to_have_text("No sessions yet")
    await page.get_by_role("button", name="Copy: barograph demo").click()
    await expect(page.locator(".copy").first).to_have_text("Copied")
    assert await page.evaluate("() => navigator.clipboard.readText()") == "barograph demo"
    await screenshot(page, "sessions-empty-1440-dark")
    await athlete(athlete="Athlete 12").walk()
    await expect(page.locator(".live-card h2")).to_have_text("Athlete 12")


async def test_a_live_session_has_a_moving_picture_and_opens(viewer, athlete, screenshot):
    await athlete(athlete="Athlete 12", kind="Treadmill walk").walk()
    old = athlete("walk-0398", 30.0, ago=4000, athlete="Athlete 07", kind="Track run", tags=("season", "block 2"))
    await old.begin()
    await old.store(0, 3000, received_us=int(old.recordings["left"].times_us[-1]))
    page = await viewer.open("/")
    await expect(page.locator(".live-card .pill")).to_have_text("Live")
    picture = "() => document.querySelector('.live-card canvas').toDataURL()"
    first = await page.evaluate(picture)
    await page.wait_for_function(f"(first) => ({picture})() !== first", arg=first)
    await screenshot(page, "sessions-1440-dark")
    await expect(page.locator(".sessions-grid .ag-center-cols-container .ag-row")).to_have_count(2)
    await expect(page.locator(".live-card .unit")).to_have_text("steps/min")
    await page.wait_for_function("() => [...document.querySelectorAll('.thumb img')].every((one) => one.naturalWidth)")
    await page.get_by_role("link", name="Watch").click()
    await page.wait_for_url("**/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    await page.get_by_role("link", name="Sessions").click()
    await page.get_by_role("link", name="Athlete 07").click()
    await page.wait_for_url("**/session/walk-0398*")


async def test_the_list_is_drawn_whole_before_the_modules_have_come(viewer, athlete):
    await athlete("walk-0398", 30.0, ago=4000, athlete="Athlete 07", tags=("season",)).begin()
    page = await viewer.context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    late = asyncio.Event()

    async def hold(route: Route) -> None:
        await late.wait()
        await route.continue_()

    await page.route("**/assets/core/main.mjs*", hold)
    await page.goto(f"{viewer.url}/", wait_until="commit")
    await expect(page.locator(".sessions-grid .session-link")).to_contain_text("Athlete 07")
    await expect(page.locator(".sessions-grid .sort").first).to_be_visible()
    late.set()
    await page.wait_for_load_state("load")
    assert said == []


async def test_leaving_a_live_page_closes_its_socket(viewer, athlete, dashboard):
    await athlete().walk()
    page = await viewer.open("/live/walk")
    await page.wait_for_selector('.live[data-state="live"]')
    closed = []
    page.on("websocket", lambda socket: socket.on("close", lambda _: closed.append(socket.url)))
    await page.reload()
    await page.wait_for_selector('.live[data-state="live"]')
    await page.get_by_role("link", name="Sessions").click()
    await page.wait_for_selector(".live-card")
    async with asyncio.timeout(5):  # the browser tells of it a moment after the page has changed
        while not any("/feed/walk" in url and "rate_hz" not in url for url in closed):
            await asyncio.sleep(0.02)
    async with page.expect_event("close") as gone:
        await page.close()
    await gone.value


async def test_the_theme_follows_the_system_until_it_is_chosen(viewer):
    page = await viewer.open("/")
    scheme = "() => document.documentElement.dataset.mantineColorScheme"
    await expect(page.locator("h1")).to_be_visible()
    assert await page.evaluate(scheme) == "dark"
    await page.get_by_role("button", name="Switch between light and dark").click()
    assert await page.evaluate(scheme) == "light"
    await page.reload()
    assert await page.evaluate(scheme) == "light"


async def test_a_page_whose_archive_was_away_comes_back_by_itself(viewer, dashboard, athlete, monkeypatch):
    await athlete(athlete="Athlete 12").walk()
    workouts = dashboard.archive.workouts

    async def away(**_named):
        raise StorageAway("no answer")

    monkeypatch.setattr(dashboard.archive, "workouts", away)
    page = await viewer.open("/")
    await expect(page.locator("h1")).to_have_text("The archive does not answer")
    monkeypatch.setattr(dashboard.archive, "workouts", workouts)
    await expect(page.locator(".live-card h2")).to_have_text("Athlete 12")


async def test_while_the_archive_hangs_the_page_says_that_it_waits(viewer, dashboard, athlete, monkeypatch):
    await athlete(athlete="Athlete 12").walk()
    workouts, answers = dashboard.archive.workouts, asyncio.Event()

    async def hangs(**named):
        await answers.wait()
        return await workouts(**named)

    monkeypatch.setattr(dashboard.archive, "workouts", hangs)
    page = await viewer.open("/")
    late = page.locator(".loading .late")
    await expect(late).to_be_hidden()
    await expect(late).to_be_visible()
    answers.set()
    await expect(page.locator(".live-card h2")).to_have_text("Athlete 12")


async def kept(make, name: str, ago: float, **about) -> None:
    one = make(name, 5.0, ago=ago, **about)
    await one.begin()
    await one.store(0, 500, received_us=int(one.recordings["left"].times_us[-1]))


async def test_the_list_is_searched_sorted_and_filtered_and_the_address_keeps_it(viewer, athlete):
    await kept(athlete, "walk-1", 9000, athlete="Athlete 12", kind="Treadmill walk", tags=("rehab",))
    await kept(athlete, "walk-2", 5000, athlete="Athlete 07", kind="Track run", tags=("season",))
    page = await viewer.open("/")
    names = page.locator(".session-link b")
    await expect(names).to_have_text(["Athlete 07", "Athlete 12"])
    await page.locator(".sort", has_text="Athlete").click()
    await page.wait_for_url("**sort=athlete**")
    await page.wait_for_selector('.sort[data-order="ascending"]')
    await page.get_by_label("Filter this list").fill("rehab")
    await page.wait_for_url("**sort=athlete**text=.*")
    await expect(names).to_have_text(["Athlete 12"])
    await page.reload()
    await expect(names).to_have_text(["Athlete 12"])
    await page.locator("#home-find").fill("nobody")
    await expect(page.locator("h2", has_text="No session matches")).to_be_visible()
    await page.get_by_role("link", name="Clear filters").first.click()
    await expect(names).to_have_count(2)


async def test_a_session_is_described_anew_and_erased_only_when_its_name_is_typed(viewer, athlete, mongo_archive):
    await kept(athlete, "walk-1", 9000, athlete="<script>alert(1)</script>", tags=("rehab",))
    page = await viewer.open("/")
    await page.get_by_role("button", name="Edit or erase").click()
    await page.get_by_label("Athlete").fill("Athlete 12")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".session-link b")).to_have_text("Athlete 12")
    await page.get_by_role("button", name="Edit or erase").click()
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.locator("#dialog-said")).to_contain_text("Nothing was erased")
    await page.get_by_label("Type walk-1 to erase it").fill("walk-1")
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.locator("h1")).to_be_visible()
    assert await mongo_archive.workouts() == []


async def test_a_dropped_file_becomes_a_session_and_a_wrong_one_says_why(viewer, athlete, tmp_path):
    await kept(athlete, "walk-1", 9000)
    page = await viewer.open("/")
    frames = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 4)
    layout, cut = Layout(rows=3, cols=4, dtype="uint16"), {"doubts": ["FRAME 3 to 4 are not in the file"]}
    files.write(tmp_path / "plate.npz", Recording(frames, [10**15, 10**15 + 10_000], layout, provenance=cut), "npz")
    (tmp_path / "notes.txt").write_text("nothing")
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Import files").click()
    await (await choosing.value).set_files([tmp_path / "plate.npz", tmp_path / "notes.txt"])
    lines = page.locator(".import-line")
    await expect(lines.nth(0)).to_contain_text("2 frames stored in plate")
    await expect(lines.nth(0).get_by_role("listitem")).to_have_text(["plate: FRAME 3 to 4 are not in the file"])
    await expect(lines.nth(1)).to_contain_text("notes.txt")
    await expect(lines.nth(1)).to_have_class(re.compile("warn"))
    await expect(page.locator(".session-link b", has_text="plate")).to_be_visible()
    await drop(page, tmp_path / "plate.npz")
    await expect(lines.nth(2)).to_contain_text("0 frames stored in plate, 2 were there already")
    await lines.nth(0).get_by_role("button", name="Whose is it?").click()
    await expect(page.get_by_role("dialog").get_by_label("Athlete")).to_be_visible()


async def test_a_table_that_no_reader_knows_is_mapped_column_by_column(viewer, tmp_path, screenshot):
    page = await viewer.open("/", size=(1440, 900))
    cells = [";".join(str(round(9 * abs(math.sin(i / 9)) * (1 + k % 4))) for k in range(16)) for i in range(80)]
    forces = [sum(map(int, row.split(";"))) * 0.15 for row in cells]
    rows = [
        f"{i / 50:.2f};{force:.1f};{row};31;7".replace(".", ",")
        for i, (row, force) in enumerate(zip(cells, forces, strict=True))
    ]
    names = ";".join(["Zeit [s]", "Kraft", *(f"L{k:02}" for k in range(1, 17)), "Temp", "V20"])
    for name in ("lab_1.csv", "lab_2.csv"):
        (tmp_path / name).write_text("\n".join([names, *rows, ""]), "utf-8")
    (tmp_path / "lab_2.csv").write_text("\n".join([names, *rows[::-1][:40][::-1], ""]), "utf-8")

    async def choose(name):
        async with page.expect_file_chooser() as choosing:
            await page.get_by_role("button", name="Import files").click()
        await (await choosing.value).set_files([tmp_path / name])

    await choose("lab_1.csv")
    dialog = page.get_by_role("dialog", name="What is in lab_1.csv?")
    await expect(dialog).to_contain_text("18 of 20 columns have a meaning, 2 undecided are left out")
    await expect(dialog).to_contain_text("Sum of the cells and “Kraft” agree within 0")
    await expect(dialog.get_by_role("button", name="Import")).to_be_disabled()
    await dialog.get_by_label("What Temp … V20 is").select_option("out")
    await dialog.get_by_label("Rows").fill("2")
    await dialog.get_by_label("Columns").fill("8")  # the dialog is drawn anew between the two
    await page.keyboard.press("Tab")
    await expect(dialog.locator("canvas")).to_have_attribute("height", "2")
    await dialog.get_by_role("button", name="4 × 4").click()
    await dialog.get_by_role("radio", name=re.compile("^kPa")).check()
    await expect(dialog).to_contain_text("20 of 20 columns have a meaning")
    await expect(dialog).to_contain_text("peak would be 36.0 kPa")
    await expect(dialog.locator("canvas")).to_have_attribute("height", "4")
    await screenshot(page, "import-map-1440")
    found = await axe(page, context=".mapping")
    assert found.violations_count == 0, found.generate_report()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    line = page.locator(".import-line").first
    await line.get_by_role("button", name="Answer").click()
    await expect(dialog.get_by_role("radio", name=re.compile("^kPa"))).to_be_checked()
    async with page.expect_download() as saving:
        await dialog.get_by_role("button", name="Download map").click()
    said = await asyncio.to_thread(Path(await (await saving.value).path()).read_text, "utf-8")
    assert 'first = "L01"' in said
    assert 'column = "Kraft"' in said
    await dialog.get_by_role("radio", name=re.compile("^kPa")).focus()
    await page.keyboard.press("Enter")
    await line.get_by_role("button", name="Date unknown").click()
    await expect(line).to_contain_text("80 frames stored in lab_1")
    await expect(line).to_contain_text("columns left out: Temp, V20")
    await choose("lab_2.csv")  # of the same kind: nothing is asked but the date
    second = page.locator(".import-line").nth(1)
    await second.get_by_role("button", name="Date unknown").click()
    await expect(second).to_contain_text("40 frames stored in lab_2")
    (tmp_path / "lab_3.csv").write_text("\n".join([names, *rows[:9], "0,5;1"]), "utf-8")
    await choose("lab_3.csv")  # of the same kind, and a line that the kept map does not fit: it is asked again
    again = page.get_by_role("dialog", name="What is in lab_3.csv?")
    await expect(again).to_contain_text("line 11: expected 20 columns, 16 of them cells from column 3")
    await page.keyboard.press("Escape")
    await page.locator(".import-line").nth(2).get_by_role("button", name="Leave out").click()
    await page.evaluate("localStorage.removeItem('barograph.import-maps')")
    await page.set_viewport_size({"width": 390, "height": 844})
    await choose("lab_2.csv")
    await expect(page.locator(".import-line").nth(3)).to_contain_text("is for larger screens")


async def test_cells_in_a_row_are_asked_for_their_geometry_and_none_is_chosen_before(
    viewer, athlete, tmp_path, screenshot, mongo_archive
):
    await kept(athlete, "walk-1", 9000)
    page = await viewer.open("/")
    layout = Layout(rows=1, cols=99, dtype="uint8", unit="kPa", kind="insole", side="right")
    frames = np.full((2, 1, 99), 40, np.uint8)
    files.write(tmp_path / "sole.npz", Recording(frames, [10**15, 10**15 + 10_000], layout), "npz")
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Import files").click()
    await (await choosing.value).set_files([tmp_path / "sole.npz"])
    line = page.locator(".import-line").first
    await expect(line).to_contain_text("does not say where its 99 cells lie:")
    await expect(line.get_by_role("radio")).to_have_count(11)
    await expect(line.locator(":checked")).to_have_count(0)
    for wide, high in ((1440, 900), (390, 844)):
        await page.set_viewport_size({"width": wide, "height": high})
        await fits(page, f"asks for a geometry at {wide}")
        await screenshot(page, f"import-geometry-{wide}", full=True)
    await line.get_by_role("button", name="Store").click()  # without an answer nothing is sent
    await expect(line).to_contain_text("does not say where its 99 cells lie:")
    await line.get_by_role("radio", name="novel pedar insole, size X", exact=False).first.check()
    await line.get_by_role("button", name="Store").click()
    await expect(line).to_contain_text("2 frames stored in sole")
    stored = (await mongo_archive.stream_info(Stream("sole", "right"))).layout
    assert stored.geometry.name == "pedar-x"


async def test_an_answer_holds_for_the_other_files_of_a_drop(viewer, tmp_path):
    page = await viewer.open("/")
    paths = [tmp_path / "walk_07.npz", tmp_path / "walk_08.npz"]
    for number, path in enumerate(paths):
        np.savez(path, np.full((20, 6, 4), 32.4 + number, np.float32))
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Import files").click()
    await (await choosing.value).set_files(paths)
    first, second = (page.locator(".import-line").nth(i) for i in (0, 1))
    await expect(first).to_contain_text("does not say frames per second, the size of a cell, the unit")
    await expect(first).to_contain_text("peak would be 324 kPa")
    await expect(second).to_contain_text("asks the same as walk_07.npz, which is first")
    assert await first.get_by_role("radio", checked=True).count() == 0  # nothing is chosen before
    await first.get_by_label("Frames per second").fill("100")
    await first.get_by_label("Size of a cell").fill("10")
    await first.get_by_role("radio", name=re.compile("^N.cm")).check()
    await page.keyboard.press("Enter")
    for _ in (first, second):
        await page.get_by_role("button", name="Date unknown").click()
        await expect(page.get_by_text("waits for that of another file")).to_have_count(0)
    await expect(first).to_contain_text("20 frames stored in walk_0")
    await expect(second).to_contain_text("20 frames stored in walk_0")


async def drop(page, path) -> None:
    """Drop a file on the page, as a hand would."""
    content = base64.b64encode(path.read_bytes()).decode()
    carried = await page.evaluate_handle(
        """([name, content]) => {
          const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
          const carried = new DataTransfer();
          carried.items.add(new File([bytes], name));
          return carried;
        }""",
        [path.name, content],
    )
    await page.dispatch_event("#home-list", "dragenter", {"dataTransfer": carried})
    await expect(page.locator(".home")).to_have_class(re.compile("dropping"))
    await page.dispatch_event("#home-list", "drop", {"dataTransfer": carried})
    await expect(page.locator(".home")).not_to_have_class(re.compile("dropping"))


async def test_the_header_finds_sessions_from_every_page(viewer, athlete):
    await kept(athlete, "walk-1", 9000, athlete="Athlete 12", tags=("rehab",))
    await kept(athlete, "walk-2", 5000, athlete="Athlete 07")
    page = await viewer.open("/session/walk-2")
    await page.wait_for_selector(".session h1")
    await page.keyboard.press("/")
    await page.keyboard.type("rehab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/?text=.*")
    assert "rehab" not in page.url
    await expect(page.locator(".session-link b")).to_have_text(["Athlete 12"])
    await expect(page.get_by_label("Filter this list")).to_have_value("rehab")


async def test_sessions_that_are_selected_are_tagged_exported_and_erased_together(viewer, athlete, mongo_archive):
    for number in (1, 2, 3):
        await kept(athlete, f"walk-{number}", 9000 - number, athlete="Athlete 12", tags=("rehab",))
    page = await viewer.open("/")
    boxes = page.locator(".sessions-grid .ag-row input[type=checkbox]")
    await expect(boxes).to_have_count(3)
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    bar = page.locator(".selection-bar")
    await expect(bar).to_contain_text("2 selected")
    await expect(bar).to_contain_text("same athlete, same layout")
    await expect(bar.get_by_role("link", name="Compare")).to_have_attribute("href", "/compare?a=walk-2&b=walk-3")
    await page.keyboard.press("e")
    await expect(page.get_by_role("link", name="NPZ of walk-3, right")).to_be_visible()
    await page.keyboard.press("Escape")
    await bar.get_by_role("button", name="Tag").click()
    await page.get_by_role("dialog").get_by_role("textbox", name="Tags").fill("block 2")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.get_by_role("button", name="Add to all").click()
    await expect(page.locator(".sessions-grid .chip", has_text="block 2")).to_have_count(2)
    await expect(bar).to_contain_text("2 selected")
    assert (await mongo_archive.workout("walk-3")).about.tags == ("rehab", "block 2")
    await bar.get_by_role("button", name="Delete").click()
    await page.get_by_label("Type erase 2 to erase them").fill("erase 2")
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.locator(".session-link")).to_have_count(1)
    await expect(bar).to_have_count(0)
    assert [one.workout_id for one in await mongo_archive.workouts()] == ["walk-1"]


async def test_cards_on_a_phone_are_picked_and_compared(viewer, athlete, screenshot):
    for number in (1, 2):
        await kept(athlete, f"walk-{number}", 9000 - number, athlete="Athlete 12")
    page = await viewer.open("/", size=(390, 844))
    boxes = page.locator(".session-card input[type=checkbox]")
    await expect(boxes).to_have_count(2)
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    bar = page.locator(".selection-bar")
    await expect(bar).to_contain_text("2 selected")
    await expect(bar.get_by_role("link", name="Compare")).to_have_attribute("href", "/compare?a=walk-1&b=walk-2")
    await fits(page)
    await screenshot(page, "sessions-picked-390")
    await page.get_by_role("button", name="Select nothing").click()
    await expect(bar).to_have_count(0)
    await expect(boxes.nth(0)).not_to_be_checked()


async def test_filters_are_chosen_from_what_was_said_and_taken_back(viewer, athlete):
    await kept(athlete, "walk-1", 9000, athlete="Athlete 12", kind="Treadmill walk")
    await kept(athlete, "walk-2", 5000, athlete="Athlete 07", kind="Track run")
    page = await viewer.open("/")
    await page.locator(".filters summary", has_text="Kind").click()
    await page.locator(".filters").get_by_role("link", name="Track run").click()
    await expect(page.locator(".session-link b")).to_have_text(["Athlete 07"])
    await page.locator(".filters .chip.on", has_text="Track run").click()
    await expect(page.locator(".session-link b")).to_have_count(2)


async def test_a_list_whose_server_answers_with_a_fault_says_so_and_comes_back(viewer, athlete):
    await kept(athlete, "walk-1", 9000)
    page = await viewer.open("/")
    await page.wait_for_selector(".session-link")
    await page.route("**/healthz", lambda route: route.fulfill(status=500))
    await expect(page.locator(".offline-line")).to_contain_text("Page offline")
    await page.unroute("**/healthz")
    await expect(page.locator(".offline-line")).to_be_hidden()
    viewer.errors[:] = [said for said in viewer.errors if "status of 500" not in said]


async def test_a_list_whose_server_is_gone_says_so_and_comes_back(viewer, athlete, dashboard):
    await kept(athlete, "walk-1", 9000)
    page = await viewer.open("/")
    await page.wait_for_selector(".session-link")
    await dashboard.stop()
    await expect(page.locator(".offline-line")).to_contain_text("Page offline")
    await dashboard.start()
    await expect(page.locator(".offline-line")).to_be_hidden()


async def test_the_list_is_accessible(viewer, athlete):
    await kept(athlete, "walk-1", 9000, athlete="رياضي ١٢", tags=("rehab",))
    page = await viewer.open("/")
    await page.wait_for_selector(".session-link")
    found = await axe(page, context="#page")
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", ["/nowhere", "/session/nobody", "/live/"])
async def test_an_address_without_a_page_says_so(viewer, path):
    page = await viewer.open(path)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_role("link", name="All sessions")).to_be_visible()
    if path == "/nowhere":  # which is answered with 404, and browsers say so
        assert [one for one in viewer.errors if "404" not in one] == []
        viewer.errors.clear()


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "light"), (390, 844, "dark"), (390, 844, "light")])
async def test_pictures_of_the_home_page(viewer, athlete, screenshot, width, height, scheme):
    await athlete(athlete="Athlete 12", kind="Treadmill walk").walk()
    for number in range(3):
        old = athlete(f"walk-{number}", 5.0, ago=4000 * (number + 1), athlete=f"Athlete 0{number}", kind="Track run")
        await old.begin()
        await old.store(0, 500, received_us=int(old.recordings["left"].times_us[-1]))
    page = await viewer.open("/", size=(width, height))
    await page.emulate_media(color_scheme=scheme)
    await page.reload()
    await expect(page.locator(".live-card .pill")).to_have_text("Live")
    await fits(page)
    await screenshot(page, f"sessions-{width}-{scheme}")
