"""The report on screen and on paper, by Chromium's own print to PDF."""

from __future__ import annotations

import re

from axe_playwright_python.async_playwright import Axe


async def test_a_report_opens_from_the_session_and_prints_on_a_few_pages(viewer, athlete, screenshot):
    sender = athlete("walk-9", 12.0, ago=3600, athlete="Athlete 12", kind="Treadmill walk", mass_kg=75.0)
    await sender.begin()
    await sender.store(0, 1200, received_us=int(sender.recordings["left"].times_us[-1]))
    page = await viewer.open("/session/walk-9?from=2&to=11")
    await page.wait_for_selector(".session[data-shown]")
    async with page.context.expect_page() as opening:
        await page.get_by_role("link", name="Report").click()
    report = await opening.value
    await report.wait_for_selector("h1")
    assert "from=2" in report.url
    assert "9.00 s" in await report.inner_text("header")
    assert await report.evaluate("() => document.scripts.length") == 0
    await report.evaluate("() => document.querySelectorAll('tbody tr:nth-child(n+5)').forEach((row) => row.remove())")
    found = await Axe().run(report, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    # On paper it is another ground, and on a phone another width.
    await report.emulate_media(media="print")
    contrast = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
    found = await Axe().run(report, options=contrast)
    assert found.violations_count == 0, found.generate_report()
    await report.emulate_media(media="screen")
    await report.set_viewport_size({"width": 390, "height": 844})
    assert await report.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    await screenshot(report, "report-390-light", full=True)
    await report.set_viewport_size({"width": 1440, "height": 900})
    await report.reload()
    await screenshot(report, "report-1440-light", full=True)
    pdf = await report.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 14
