"""The fields of a protocol's form: what each shows of a text, and which values change when they are sent.

What a form does not know, as a field of another version or a comment, stays in the text as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from barograph import protocols
from barograph.protocols import CRITERIA
from dashboard.signin.forms import Form

USUAL = {"trials": "1", "countdown_s": "3", "rest_s": "0", "sides": ["both"]}
LABELS = {
    "title": "Title", "instructions": "Read out", "conditions": "Conditions", "sides": "Sides",
    "trials": "Trials wanted", "duration_s": "A trial lasts, s", "countdown_s": "Countdown, s", "rest_s": "Rest, s",
    "criteria": "Good when", "measures": "Measures that matter",
}  # fmt: skip
LISTS, NUMBERS = ("conditions", "measures"), ("trials", "duration_s", "countdown_s", "rest_s")
Shown = dict[str, Any]


def shown(said: Mapping[str, Any]) -> Shown:
    """Return what each field of the form shows of a protocol's values, which may be wrong: texts, and lists of texts.

    A limit is `criteria.NAME.LIMIT`; `criteria` lists the names of those that are asked for.
    """
    found: Shown = {name: _text(said.get(name, USUAL.get(name, ""))) for name in ("title", "instructions", *NUMBERS)}
    found |= {name: _texts(said.get(name, USUAL.get(name, []))) for name in (*LISTS, "sides")}
    held = said.get("criteria")
    held = held if isinstance(held, Mapping) else {}
    found["criteria"] = [name for name in CRITERIA if name in held]
    for name, limits in CRITERIA.items():
        own = held.get(name)
        for each, limit in limits.items():
            value = own.get(each, limit.usual) if isinstance(own, Mapping) else limit.usual
            found[f"criteria.{name}.{each}"] = _text(value)
    return found


def given(form: Form) -> Shown:
    """Return what a form that was sent shows, as `shown` of what it means."""
    found: Shown = {name: form.text(name) for name in ("title", *NUMBERS)}
    found["instructions"] = form.secret("instructions").replace("\r\n", "\n")
    found["conditions"] = _lines(form.secret("conditions").splitlines())
    found["measures"] = _lines(form.all("measures"))
    found["sides"] = form.all("sides")
    found["criteria"] = [name for name in CRITERIA if name in form.all("criteria")]
    for name, limits in CRITERIA.items():
        found |= {field: form.text(field) for field in (f"criteria.{name}.{each}" for each in limits)}
    return found


def written(text: str, form: Form) -> str:
    """Return a protocol's text with the fields that a form changes; `InvalidData` where the text is not TOML."""
    said = protocols.parsed(text)
    before, now = shown(said), given(form)
    values: dict[str, Any] = {name: now[name] for name in ("title", "instructions") if now[name] != before[name]}
    values |= {name: _number(now[name]) for name in NUMBERS if now[name] != before[name]}
    values |= {name: now[name] or None for name in LISTS if now[name] != before[name]}
    if set(now["sides"]) != set(before["sides"]):
        values["sides"] = now["sides"]
    held = said.get("criteria")
    criteria = _criteria(held if isinstance(held, Mapping) else {}, before, now)
    return protocols.rewritten(text, values | ({"criteria": criteria} if criteria else {}))


def _criteria(held: Mapping[str, Any], before: Shown, now: Shown) -> dict[str, Any]:
    """Return the criteria that change: None for one that goes, the limits of the others, those not known too."""
    found: dict[str, Any] = {}
    for name, limits in CRITERIA.items():
        if name not in now["criteria"]:
            if name in before["criteria"]:
                found[name] = None
            continue
        changed = {each: _number(now[field]) for each in limits
                   if now[field := f"criteria.{name}.{each}"] != before[field]}  # fmt: skip
        if changed or name not in before["criteria"]:
            own = held.get(name)
            all_of = dict(own) if isinstance(own, Mapping) else {}
            found[name] = {each: value for each, value in (all_of | changed).items() if value is not None}
    return found


def _number(text: str) -> Any:
    """Return a number that was typed, None for an empty field; what is none stays a text, and the check says so."""
    for made in (int, float):
        try:
            return made(text.replace(",", "."))
        except ValueError:
            continue
    return text or None


def _text(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _texts(value: object) -> list[str]:
    return [_text(each) for each in value] if isinstance(value, list) else [_text(value)]


def _lines(texts: Iterable[str]) -> list[str]:
    return [line for text in texts if (line := text.strip())]
