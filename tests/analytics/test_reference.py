"""The reference page is what the code says."""

import re
from pathlib import Path

import analytics
from analytics.columns import definitions
from analytics.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == reference(), "python -m analytics.reference > docs/reference.md"


def test_every_number_and_every_function_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    assert [name for name in definitions() if f"| `{name}` |" not in text] == []
    assert [name for name in analytics.__all__ if not re.search(rf"### `analytics\.{name}[`.]", text)] == ["columns"]
