"""Protocols: how a test is done, as data. Those of the project are in `data/*.toml`, a lab's own ones in its folder.

    >>> protocols.named("cmj").trials
    3

docs/protocols.md says what each field means.
"""

from __future__ import annotations

from barograph.protocols.catalogue import NAMES, OWN, checked, named, names, own_text, problems, remove, save, text_of
from barograph.protocols.criteria import CRITERIA, Criterion, Limit
from barograph.protocols.faults import faults
from barograph.protocols.protocol import Protocol, check_name, loads, parsed
from barograph.protocols.rewriting import rewritten
from barograph.protocols.words import amount

__all__ = [
    "CRITERIA",
    "NAMES",
    "OWN",
    "Criterion",
    "Limit",
    "Protocol",
    "amount",
    "check_name",
    "checked",
    "faults",
    "loads",
    "named",
    "names",
    "own_text",
    "parsed",
    "problems",
    "remove",
    "rewritten",
    "save",
    "text_of",
]
