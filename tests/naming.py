"""What a message to a person may not do: say the same name twice before it says what is wrong."""

from __future__ import annotations

import re

LAST = re.compile(r"[./]")


def repeated(text: str) -> list[str]:
    """Names that a message says again: `walk: walk: …`, `layout.rows: rows: …`, or one of a path in it twice.

    >>> repeated("layout.rows: rows: expected 1 or more, got 0")
    ['rows']
    >>> repeated("layout.rows: expected 1 or more, got 0")
    []
    """
    *before, _ = text.split(": ") if ": " in text else [text]
    heads = [LAST.split(one.split(", ")[0].strip().strip("'\""))[-1] for one in before if " " not in one.split(", ")[0]]
    twice = [one for i, one in enumerate(heads) if one in heads[:i]]
    paths = re.findall(r"(?<!\S)/\S+[^\s:,.']", text)
    return [*twice, *(one for one in dict.fromkeys(paths) if paths.count(one) > 1)]
