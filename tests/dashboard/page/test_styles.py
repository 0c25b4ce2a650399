"""Styles of pages that are one document: what one page calls its parts is not styled by another."""

from __future__ import annotations

import re
from collections import defaultdict

from dashboard.page.static import FOLDER, STYLES


def bare_classes(text: str) -> set[str]:
    """The classes that a file styles wherever they stand: `.facts { … }`, and not `.one-head .facts { … }`."""
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    return {
        one[1] for group in selectors for each in group.split(",") if (one := re.fullmatch(r"\s*\.([\w-]+)\s*", each))
    }


def test_no_page_styles_a_class_wherever_it_stands_that_another_page_has_too():
    of: dict[str, set[str]] = defaultdict(set)
    for name in STYLES:
        for one in bare_classes((FOLDER / name).read_text("utf-8")):
            of[one].add(name.partition("/")[0])
    assert {one: folders for one, folders in of.items() if len(folders) > 1} == {}
