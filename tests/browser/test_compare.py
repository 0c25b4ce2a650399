"""The compare page in a real browser: chosen, swapped, changed, and said to whoever does not see it."""

from __future__ import annotations

import re

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from screens import axe, fits

from barograph.errors import StorageAway
from barograph.store.mongo.archive import MongoArchive
from dashboard.drawing.markup import place


@pytest_asyncio.fixture(loop_scope="session")
async def two(athlete):
    """Two walks of one athlete a week apart, and one of somebody else."""
    made = []
    for name, seconds, days, who in (
        ("walk-0371", 24.0, 8, "Athlete 12"),
        ("walk-0398", 20.0, 1, "Athlete 12"),
        ("other", 3.0, 2, "Someone"),
    ):
        sender = athlete(name, seconds, ago=days * 86_400.0, athlete=who, kind="Treadmill walk", mass_kg=72.0)
        await sender.begin()
        n = len(sender.recordings["left"])
        await sender.store(0, n, received_us=int(sender.recordings["left"].times_us[-1]))
        made.append(sender)
    return made


async def printed_pages(page: Page) -> int:
    """Sheets of paper that the browser's own print makes of a page."""
    pdf = await page.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.startswith(b"%PDF")
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


async def drawn(page: Page) -> None:
    await page.wait_for_selector(".compare-maps figure[data-page=d] svg")


async def test_a_session_that_is_erased_elsewhere_is_said_on_an_open_page(viewer, two, mongo_archive):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398")
    await drawn(page)
    await mongo_archive.delete("walk-0371")
    await expect(page.get_by_text("walk-0371 was erased. Nothing of it is stored any more.")).to_be_visible(
        timeout=15_000
    )
    await expect(page.get_by_role("heading", name="This session was erased")).to_be_visible(timeout=15_000)
    await expect(page.locator(".compare-maps")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_two_sessions_are_laid_over_each_other(viewer, two, fits_every_screen, scheme):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398")
    await page.emulate_media(color_scheme=scheme)
    await drawn(page)
    await expect(page.locator(".compare-card").first).to_contain_text("Athlete 12, Treadmill walk")
    await expect(page.get_by_role("link", name="Compare", exact=True)).to_have_attribute("aria-current", "page")
    rows = page.locator('[aria-label^="Paired measures"] tbody tr')
    assert await rows.count() >= 15
    await fits_every_screen(page, "compare", scheme)


async def test_a_comparison_is_printed_on_a_few_pages_of_its_own(viewer, two, screenshot):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398&align=cop&a0=2&a1=20")
    await drawn(page)
    await page.locator("#units summary").click()
    await page.get_by_role("button", name="mmHg").click()
    await expect(page.locator('[aria-label^="Paired measures"]').first).to_contain_text("Peak pressure mmHg")
    async with page.context.expect_page() as opening:
        await page.get_by_role("link", name="Report").click()
    report = await opening.value
    await expect(report.get_by_role("heading", level=1)).to_have_text("Two sessions compared")
    await expect(report.locator("header")).to_contain_text("00:02 – 00:20")
    await expect(report.get_by_text("aligned by CoP").first).to_be_visible()
    await expect(report.locator('[aria-label^="Paired measures"]').first).to_contain_text("Peak pressure mmHg")
    assert await report.evaluate("() => document.scripts.length") == 0
    found = await axe(report)
    assert found.violations_count == 0, found.generate_report()
    await screenshot(report, "compare-report-1440-light", full=True)
    assert 3 <= await printed_pages(report) <= 12
    await page.bring_to_front()
    scheme = "document.documentElement.dataset.mantineColorScheme"
    await page.evaluate(f"() => addEventListener('beforeprint', () => {{ window.onPaper = {scheme}; }})")
    assert 1 <= await printed_pages(page) <= 5
    assert await page.evaluate(f"() => [window.onPaper, {scheme}]") == ["light", "dark"]


async def test_choices_live_in_the_address_and_survive_a_reload(viewer, two):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398")
    await drawn(page)
    await page.get_by_role("button", name="PTI").click()
    await expect(page.get_by_role("button", name="PTI")).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_role("button", name="PTI")).to_be_focused()
    await page.get_by_role("button", name="By CoP").click()
    await page.get_by_role("button", name="Right").click()
    await page.wait_for_function(
        "() => location.search.includes('foot=right') && location.search.includes('align=cop')"
    )
    await page.reload()
    await drawn(page)
    for name in ("PTI", "By CoP", "Right"):
        await expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")


async def test_x_swaps_and_every_difference_changes_its_sign(viewer, two):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398&a0=1&a1=20")
    await drawn(page)
    cell = page.locator('[aria-label^="Paired measures"] tbody tr').first.locator("td b")
    before = await cell.inner_text()
    await page.keyboard.press("x")
    await expect(page.locator(".compare-card code").first).to_have_text("walk-0398")
    turned = {"−": "+", "+": "−"}.get(before[0], "") + before.lstrip("+−")
    await expect(cell).to_have_text(turned)
    assert "b0=1" in page.url


async def test_a_session_is_found_and_chosen_by_keyboard(viewer, two, screenshot):
    page = await viewer.open("/compare?a=walk-0371")
    await page.get_by_role("button", name="Choose session B").focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading", name="Of Athlete 12")).to_be_visible()
    await screenshot(page, "compare-choose-1440-dark")
    await dialog.get_by_role("searchbox").fill("0398")
    choice = dialog.get_by_role("button", name="walk-0398")
    await expect(dialog.locator(".pick-list button")).to_have_count(1)
    await choice.focus()
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await drawn(page)
    assert "b=walk-0398" in page.url


async def test_on_a_phone_a_and_b_and_the_difference_are_three_pages(viewer, two, screenshot):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398", size=(390, 844))
    await drawn(page)
    tabs = page.get_by_role("group", name="Page")
    await expect(tabs.get_by_role("button", name="Difference")).to_have_attribute("aria-pressed", "true")
    measures = page.get_by_role("table", name="Paired measures, Left")
    heads = measures.get_by_role("columnheader")
    await expect(heads).to_have_text(["Measure", "B − A", "95 % interval", "Hedges' g", re.compile("effect")])
    for letter in "AB":
        await tabs.get_by_role("button", name=letter, exact=True).click()
        await expect(heads).to_have_text(["Measure", letter])
        await expect(page.locator(".compare-maps figure:visible")).to_have_count(1)
        assert f"page={letter.lower()}" in page.url
    await fits(page)
    await screenshot(page, "compare-b-390-dark", full=True)
    await page.locator(".compare-maps").evaluate("""maps => {
      const touch = (name, x) => maps.dispatchEvent(new PointerEvent(name, {
        bubbles: true, pointerType: "touch", clientX: x, clientY: 400 }));
      touch("pointerdown", 300);
      touch("pointerup", 80);
    }""")
    await expect(tabs.get_by_role("button", name="Difference")).to_have_attribute("aria-pressed", "true")
    await tabs.get_by_role("button", name="A", exact=True).click()
    await page.reload()
    await expect(page.locator(".compare-maps figure[data-page=a] svg")).to_be_visible()
    await expect(page.locator(".compare-maps figure[data-page=d] svg")).to_be_hidden()


async def test_while_the_archive_is_away_the_page_says_so_and_comes_back_by_itself(viewer, two, monkeypatch):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398")
    await drawn(page)

    async def away(*_: object) -> None:
        raise StorageAway("no answer")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(MongoArchive, "workout", away)
        await page.get_by_role("button", name="PTI").click()
        await expect(page.get_by_role("heading", name="The archive does not answer")).to_be_visible()
    await drawn(page)
    await expect(page.get_by_role("button", name="PTI")).to_have_attribute("aria-pressed", "true")


async def test_a_part_of_each_is_chosen_in_seconds(viewer, two):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0371")
    await expect(page.get_by_text("the same part of one session")).to_be_visible()
    await page.get_by_label("Part of B", exact=True).click()
    await page.locator('[data-param="b0"]').fill("12")
    await page.keyboard.press("Tab")
    await expect(page.locator(".compare-card").nth(1)).to_contain_text("00:12")
    await expect(page.get_by_text("the same part of one session")).to_be_hidden()
    await expect(page.locator('[data-param="b0"]')).to_be_visible()


async def test_a_part_is_drawn_on_the_sessions_strip_and_moved_by_keys(viewer, two):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398")
    await drawn(page)
    card = page.locator(".compare-card").nth(1)
    box = await card.locator(".timeline").bounding_box()
    at, middle = (lambda s: box["x"] + box["width"] * s / 19.99), box["y"] + box["height"] / 2
    said = page.locator(".crosshair-label")
    await page.mouse.move(at(6), middle)
    await expect(said).to_contain_text(re.compile(r"00:0[56]\.\d{3}.*Left.*N"))
    strip = card.get_by_role("img", name="Total load of")
    await strip.focus()
    await page.keyboard.press("Home")
    await expect(said).to_contain_text("00:00.000")
    await page.keyboard.press("Shift+ArrowRight")
    await expect(said).not_to_contain_text("00:00.000")
    assert "b0=" not in page.url  # no arrow of the drawing moves the part
    await page.keyboard.press("Escape")
    await expect(said).to_be_hidden()
    await page.mouse.move(at(4), middle)
    await page.mouse.down()
    await page.mouse.move(at(9), middle)
    await expect(card).to_contain_text("00:04 – 00:0")  # while the button is still held
    await page.mouse.move(at(12), middle)
    await page.mouse.up()
    await expect(card).to_contain_text(re.compile(r"00:0[34] – 00:1[12], [78]\.\d+ s"))
    assert re.search(r"b0=(3\.9|4\.0)\d+&b1=1[12]\.\d+", page.url)
    assert "a0=" not in page.url
    stop = page.get_by_role("slider", name="End of the part of B")
    await stop.focus()
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    await expect(stop).to_have_attribute("aria-valuetext", re.compile(r"1[45]\.\d+ s after the start"))
    await expect(card).to_contain_text(re.compile(r"– 00:1[45], 1[01]\.\d s"))
    await expect(stop).to_be_focused()
    await page.get_by_role("slider", name="Part of B, as a whole").focus()
    await page.keyboard.press("Home")
    await expect(card).to_contain_text("00:00 – 00:1")
    await page.reload()
    await drawn(page)
    await expect(card).to_contain_text(re.compile(r"00:00 – 00:1[01], 1[01]\.\d s"))


async def test_units_are_the_viewers_choice(viewer, two):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398")
    await drawn(page)
    await page.locator("#units summary").click()
    await page.get_by_role("button", name="mmHg").click()
    await expect(page.locator('[aria-label^="Paired measures"]').first).to_contain_text("Peak pressure mmHg")
    await page.get_by_role("button", name="% BW").click()
    await expect(page.locator('[aria-label^="Paired measures"]').first).to_contain_text("Peak force % BW")


async def test_a_measure_says_its_definition_on_focus(viewer, two):
    page = await viewer.open("/compare?a=walk-0371&b=walk-0398")
    await drawn(page)
    await page.locator('[aria-label^="Paired measures"] .term').first.focus()
    await expect(page.get_by_role("tooltip")).to_be_visible()


@pytest.mark.parametrize(
    ("search", "said"),
    [("", "Choose two sessions"), ("?a=walk-0371", "Choose B"), ("?a=walk-0371&b=nobody", "B is no session")],
)
async def test_what_is_missing_is_said_with_a_way_on(viewer, two, screenshot, search, said):
    page = await viewer.open(f"/compare{search}")
    await expect(page.get_by_role("heading", name=said)).to_be_visible()
    found = await axe(page)
    assert found.violations_count == 0, found.generate_report()
    await screenshot(page, f"compare-{said.split()[-1]}-1440-dark")


async def test_while_a_comparison_is_made_something_is_to_be_seen(viewer, walks):
    page = await viewer.open("/compare")
    await page.get_by_text("Choose two sessions").wait_for()
    waiting = getattr(place("compare-body"), "data-markup")
    await page.evaluate("(markup) => (document.querySelector('#compare-body').innerHTML = markup)", waiting)
    bones = await page.locator("#compare-body .bone").all()
    assert len(bones) == 3
    for bone in bones:
        box = await bone.bounding_box()
        assert box
        assert box["width"] > 200
        assert box["height"] >= 12


async def test_groups_of_sessions_are_chosen_set_beside_their_noise_and_swapped(viewer, athlete):
    for day in range(6):
        sender = athlete(f"walk-{day}", 8.0 + 0.3 * day, ago=(10 - day) * 86_400.0, athlete="Athlete 12", kind="Walk")
        await sender.begin()
        n = len(sender.recordings["left"])
        await sender.store(0, n, received_us=int(sender.recordings["left"].times_us[-1]))
    page = await viewer.open("/compare?view=change&a=walk-0&a=walk-1&a=walk-2&b=walk-3")
    table = page.locator(".change-table")
    await expect(table).to_contain_text("B, 1 session")
    await page.get_by_role("button", name="Change the sessions of B").click()
    for name in ("walk-4", "walk-5"):
        await page.locator(f'.pick [data-choose="{name}"]').click()
    await expect(page.locator('.pick [data-choose="walk-5"]')).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Close").click()
    await expect(table).to_contain_text("B, 3 sessions")
    await expect(page.locator(".compare-curves svg")).to_have_count(2)
    flag = table.locator(".change-flag .term").first
    await flag.focus()
    await expect(page.locator("#definition")).to_contain_text("the athlete’s own baseline: 3 sessions")
    await page.keyboard.press("Escape")
    await page.keyboard.press("x")
    await page.wait_for_function("() => location.search.includes('a=walk-3&a=walk-4&a=walk-5')")
    await expect(page.locator(".change-rests")).to_contain_text("TE is that of B")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        found = await axe(page)
        assert found.violations_count == 0, found.generate_report()
