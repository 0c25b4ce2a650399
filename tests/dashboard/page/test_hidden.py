"""Texts in addresses: hidden by the key that signs, opened by it alone, and old addresses lead on to hidden ones."""

from __future__ import annotations

import pytest

from barograph.errors import InvalidData
from dashboard.page.hidden import Hidden, hide, shown, shown_in

KEY = "k" * 40
TEXTS = ("Ada", "Änna Müller", ".", "a b&c=d/e?f", "\ud800", "x" * 200)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_hidden_the_same_way_by_all_dashboards_of_a_lab_and_shown_again(text: str) -> None:
    one, other = Hidden(KEY), Hidden(KEY)
    told = one.hide(text)
    assert told == other.hide(text)
    assert other.shown(told) == text
    assert told.startswith(".")
    assert told.isascii()
    assert all(letter.isalnum() or letter in ".-_" for letter in told), "no letter of it means anything in an address"
    assert len(text) < 3 or text not in told


def test_what_was_changed_or_hidden_by_another_key_is_said_and_is_no_text() -> None:
    told = Hidden(KEY).hide("Ada")
    wrong = (told[:-1] + ("A" if told[-1] != "A" else "B"), told[:8], ".", ".ä", Hidden("o" * 40).hide("Ada"))
    for one in wrong:
        with pytest.raises(InvalidData, match="another key"):
            Hidden(KEY).shown(one)


def test_a_text_that_is_not_hidden_is_taken_as_it_is() -> None:
    assert Hidden(KEY).shown("Ada") == "Ada"
    assert Hidden(KEY).hide("") == ""
    assert (hide("Ada"), shown("Ada")) == ("Ada", "Ada"), "outside of a dashboard nothing is hidden"
    problems: list[str] = []
    assert shown_in("text", {"text": "a\0b"}, problems) == "ab"
    assert problems == []
