"""How long a text and a list may be, and how many there may be of what: one place for every door.

`About`, `Marker` and `Layout` are made from what any door was given, and refuse what is beyond; the archive refuses
more streams, epochs and markers than a workout may have. Each refusal is an `InvalidData` with its field.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from barograph.errors import InvalidData
from barograph.texts import require_text

ATHLETE, KIND, TAG, LABEL, REASON, TOKEN, FIRMWARE = 200, 100, 100, 200, 200, 1000, 100  # characters
MASS_KG = 1000.0
DAY, TEAM, NOTES = 10, 100, 10_000  # characters
OF_AN_ATHLETE = {
    "measurements": 5000, "involved": 100, "teams": 100, "consents": 1000, "goals": 200, "aliases": 200, "merged": 200,
}  # fmt: skip
SEXES = ("", "F", "M", "X")
SIDES = ("left", "right", "both")
WITHIN: dict[str, tuple[float, float]] = {  # what people have, both ends left out
    "mass_kg": (0.0, MASS_KG), "height_cm": (20.0, 300.0), "leg_left_cm": (5.0, 200.0),
    "leg_right_cm": (5.0, 200.0), "age": (0.0, 130.0),
}  # fmt: skip
ATHLETES, TEAMS = 20_000, 1000
TAGS = 100
STREAMS, MARKERS = 256, 10_000  # of a workout
EPOCHS, GAPS = 10_000, 10_000  # of a stream: with its layout they fit one document of the database
LAYOUT_NUMBERS = 1 << 19  # in all lists of one number per cell


def check_text(field: str, value: object, most: int, least: int = 0) -> str:
    """Return `value` if it is a text of `least` to `most` characters without control characters."""
    text = require_text(field, value)
    name = field.partition("[")[0]
    if not least <= len(text) <= most:
        raise InvalidData(f"{field}: expected {least} to {most} characters, got {len(text)}", field=name)
    if any(_control(letter) for letter in text):
        raise InvalidData(f"{field}: expected no control characters, got {text[:40]!r}", field=name)
    return text


def check_notes(field: str, value: object) -> str:
    """Return `value` if it is a text of several lines that is not too long, without other control characters."""
    text = require_text(field, value)
    if len(text) > NOTES:
        raise InvalidData(f"{field}: expected at most {NOTES} characters, got {len(text)}", field=field)
    check_text(field, text.replace("\n", " ").replace("\t", " "), NOTES)
    return text


def check_tags(tags: Sequence[object]) -> None:
    """Refuse too many tags, and tags that are too long or empty."""
    if len(tags) > TAGS:
        raise InvalidData(f"tags: expected at most {TAGS} tags, got {len(tags)}", field="tags")
    for index, tag in enumerate(tags):
        check_text(f"tags[{index}]", tag, TAG, 1)


def check_mass(mass_kg: float) -> None:
    """Refuse a mass that no athlete has."""
    if not 0 < mass_kg < MASS_KG:
        raise InvalidData(f"mass_kg: expected above 0 and below {MASS_KG:g}, got {mass_kg:g}", field="mass_kg")


def check_range(field: str, value: float, least: float, most: float) -> None:
    """Refuse a number that is not within a range."""
    if not least <= value <= most:
        raise InvalidData(f"{field}: expected {least:g} to {most:g}, got {value:g}", field=field)


def check_count(field: str, what: str, there: int, most: int) -> None:
    """Refuse one more than there may be."""
    if there >= most:
        raise InvalidData(f"{field}: expected at most {most} {what}, and so many are there", field=field)


def readable(text: str | None, most: int) -> str | None:
    """Return a text of the past as it may be now: what is beyond the bound is cut off."""
    if text is None or (len(text) <= most and not any(map(_control, text))):
        return text
    return "".join(" " if _control(letter) else letter for letter in text[:most])


def _control(letter: str) -> bool:
    return unicodedata.category(letter) == "Cc"
