"""Protocols: how a test is done, as data. Those of the project are in `data/*.toml`, a lab's own ones in its folder.

    >>> protocols.named("cmj").trials
    3

docs/protocols.md says what each field means.
"""

from __future__ import annotations

from barograph.protocols.catalogue import NAMES, OWN, checked, named, names, problems, text_of
from barograph.protocols.criteria import CRITERIA, Criterion, Limit
from barograph.protocols.protocol import Protocol, loads

__all__ = [
    "CRITERIA",
    "NAMES",
    "OWN",
    "Criterion",
    "Limit",
    "Protocol",
    "checked",
    "loads",
    "named",
    "names",
    "problems",
    "text_of",
]
