"""The change flag: four forms with their words, the same wherever it stands, and a scale in units of the MDC."""

import re

import numpy as np
import pytest

from analytics.sessions.change import ABOVE, BEYOND, UNKNOWN, WITHIN
from dashboard.drawing.change_flag import flag, in_mdcs, legend, mark
from dashboard.drawing.markup import paper


def fills(markup: str) -> list[str]:
    return re.findall(r'<path [^>]*fill="([^"]+)"', markup)


@pytest.mark.parametrize(
    ("change", "painted"),
    [
        (BEYOND, ["var(--text)"]),
        (ABOVE, ["var(--surface)", "var(--text)"]),
        (WITHIN, ["var(--surface)"]),
        (UNKNOWN, []),
    ],
)
def test_each_change_has_a_form_of_its_own_and_its_words(change, painted):
    assert fills(mark(0.0, 0.0, change)) == painted
    assert change in flag(change)
    assert ("<line" in mark(0.0, 0.0, change)) == (change == UNKNOWN)


def test_no_mark_has_a_colour_of_good_or_bad():
    assert set(re.findall(r"var\(--[\w-]+\)", legend())) <= {"var(--text)", "var(--surface)", "var(--font, sans-serif)"}


def test_the_origin_of_the_noise_opens_on_hover_and_focus_and_is_plain_on_paper():
    found = flag(WITHIN, ("Own baseline & more",))
    assert '<button type="button" class="term"' in found
    assert "Own baseline &amp;amp; more" in found
    with paper():
        assert "<button" not in flag(WITHIN, ("Own baseline",))


def test_a_difference_stands_where_it_is_in_mdcs_and_an_arrow_where_the_scale_ends():
    inside = in_mdcs(4.0, 2.0, 6.0, 4.0, 1.0, WITHIN)
    assert "+1.0 MDC, 95 % interval +0.5 to +1.5; within noise" in inside
    widths = [float(one) for one in re.findall(r'<rect [^>]*width="([\d.]+)"', inside)]
    assert widths == pytest.approx([138 / 3, 138 / 12], abs=0.01)
    assert 'fill="none"' not in inside
    beyond = in_mdcs(-40.0, -50.0, -5.0, 4.0, np.nan, BEYOND)
    assert beyond.count('fill="none"') == 1
    assert len(re.findall("<rect", beyond)) == 1
    assert in_mdcs(4.0, 2.0, 6.0, np.nan, np.nan, UNKNOWN) == ""


def test_one_session_on_a_side_has_no_interval():
    assert "<line" in in_mdcs(4.0, np.nan, np.nan, 4.0, np.nan, WITHIN)
    assert in_mdcs(4.0, np.nan, np.nan, 4.0, np.nan, WITHIN).count('stroke-width="1.5"') == 0
