"""All that is wrong with the fields of a protocol at once, each by its field: a form shows every one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from barograph.errors import InvalidData
from barograph.layout_values import choice
from barograph.protocols.protocol import FIELDS, Protocol

STAND_INS = {"title": "–", "instructions": "–"}  # for what a protocol cannot be without
AT = re.compile(r"[.\[ ]")


def faults(said: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the values of a protocol, by field; nothing where it can be used.

    A field is one of `FIELDS`, `criteria.NAME`, `criteria.NAME.LIMIT`, or one that is not known.

    >>> faults({"title": "Stand", "instructions": "Stand still.", "trials": 0})
    {'trials': 'trials: expected 1 to 100, got 0'}
    """
    found: dict[str, str] = {}
    left = {field: value for field, value in said.items() if field in FIELDS}
    for field in said:
        if field not in FIELDS:
            found[field] = _unknown(field)
    while True:
        try:
            Protocol.from_dict("x", left)
        except InvalidData as error:
            field = error.field or "protocol"
            if field in found:
                return found
            found[field] = str(error)
            left = _without(left, field)
        else:
            return found


def _unknown(field: str) -> str:
    try:
        choice("protocol", field, FIELDS)
    except InvalidData as error:
        return str(error)
    return ""


def _without(left: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Return the values with a stand-in for the one that is wrong, so that the others are looked at."""
    first, *more = AT.split(field)
    rest = {name: value for name, value in left.items() if name != first}
    criteria = left.get("criteria")
    if first == "criteria" and isinstance(criteria, Mapping):
        known = {name: value for name, value in criteria.items() if name != more[0]} if more else {}
        return rest | {"criteria": known}
    return rest | {first: STAND_INS[first]} if first in STAND_INS else rest
