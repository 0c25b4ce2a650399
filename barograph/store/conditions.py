"""Conditions of a session as its tags say them: how fast a treadmill went, how long the leg is."""

from __future__ import annotations

import re
from collections.abc import Iterable

SPEED = re.compile(r"(\d{1,3}(?:[.,]\d{1,3})?)\s*km/h", re.IGNORECASE)
LEG = re.compile(r"leg\s+(\d{1,3}(?:[.,]\d{1,3})?)\s*cm", re.IGNORECASE)


def speed_m_s(tags: Iterable[str]) -> float | None:
    """Return the speed that a tag says, as `12 km/h`; None where none does."""
    found = _said(SPEED, tags)
    return None if found is None else found / 3.6


def leg_m(tags: Iterable[str]) -> float | None:
    """Return the length of the leg that a tag says, as `leg 92 cm`; None where none does."""
    found = _said(LEG, tags)
    return None if found is None else found / 100.0


def _said(form: re.Pattern[str], tags: Iterable[str]) -> float | None:
    numbers = (float(found[1].replace(",", ".")) for tag in tags if (found := form.fullmatch(tag.strip())))
    return next((one for one in numbers if one > 0), None)
