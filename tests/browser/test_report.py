"""The report on screen and on paper, by Chromium's own print to PDF."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pypdfium2 as pdfium
from screens import axe, fits

from analytics import sim


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
    found = await axe(report, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    # On paper it is another ground, and on a phone another width.
    await report.emulate_media(media="print")
    contrast = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
    found = await axe(report, options=contrast)
    assert found.violations_count == 0, found.generate_report()
    await report.emulate_media(media="screen")
    await report.set_viewport_size({"width": 390, "height": 844})
    await fits(report)
    await screenshot(report, "report-390-light", full=True)
    await report.set_viewport_size({"width": 1440, "height": 900})
    await report.reload()
    await screenshot(report, "report-1440-light", full=True)
    await report.emulate_media(media="print")
    sheets = sheets_of(await report.pdf(prefer_css_page_size=True, print_background=True))
    assert 4 <= len(sheets) <= 6
    headings = await report.locator("h2, h3").all_inner_texts()
    assert_well_printed(sheets, headings)
    assert {"Left and right", "Peak map", "Overview"} <= set(sheets[0].lines_beginning(headings))


async def test_a_report_of_standing_answers_with_balance_and_has_no_part_about_steps(viewer, kept, screenshot):
    sender = kept("stand-9", sim.stand(40.0, start_us=1_790_000_000_000_000))
    await sender.begin()
    await sender.store(0, 4000, received_us=int(sender.recordings["left"].times_us[-1]))
    report = await viewer.open("/report/stand-9")
    headings = await report.locator("h2, h3").all_inner_texts()
    assert not {"Gait", "No steps here"} & set(headings)
    sheets = sheets_of(await report.pdf(prefer_css_page_size=True, print_background=True))
    assert len(sheets) <= 5
    assert_well_printed(sheets, headings)
    assert {"Balance", "Peak map", "Overview"} <= set(sheets[0].lines_beginning(headings))
    assert sheets[0].lines_beginning(["Path length mm", "Mean velocity mm/s", "95 % prediction ellipse mm²"]) != []
    heads = [line for sheet in sheets for line in sheet.lines if line.startswith("Region Foot")]
    assert all("Largest" in line for line in heads), heads


@dataclass(frozen=True)
class Sheet:
    """A printed page: how far down it is filled, and its lines of text."""

    filled: float
    lines: list[str]

    def lines_beginning(self, words: list[str]) -> list[str]:
        """Those of `words` with which a line begins."""
        return [one for one in words if any(line.startswith(one) for line in self.lines)]


def sheets_of(pdf: bytes) -> list[Sheet]:
    """What stands on each sheet of paper."""
    with pdfium.PdfDocument(pdf) as document:
        return [_sheet(page) for page in document]


def _sheet(page: pdfium.PdfPage) -> Sheet:
    inked = np.flatnonzero((np.array(page.render(scale=0.5).to_pil().convert("L")) < 250).any(axis=1))
    lines = page.get_textpage().get_text_range().splitlines()
    return Sheet(float(inked[-1]) / (page.get_height() * 0.5), [line.strip() for line in lines if line.strip()])


def assert_well_printed(sheets: list[Sheet], headings: list[str]) -> None:
    """No heading is the last on its page, and no page but the last is half empty."""
    assert [sheet.lines[-1] for sheet in sheets if sheet.lines[-1] in headings] == []
    assert [round(sheet.filled, 2) for sheet in sheets[:-1] if sheet.filled < 0.6] == []
