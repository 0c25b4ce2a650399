"""Why an admin reads what is not theirs: a sentence that they state first, and that the athlete reads.

Programs send it as the header `Barograph-Reason` (percent-encoded where it is not ASCII), at a socket as `reason` too.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from barograph.bounds import REASON, check_text

HEADER = "Barograph-Reason"
LEAST = 5  # characters: "x" is no reason


def checked_reason(said: object, field: str = "reason") -> str:
    """Return a reason as it is written down, "" where none is given, or `InvalidData`."""
    if said is None or not str(said).strip():
        return ""
    return check_text(field, " ".join(str(said).split()), REASON, LEAST)


def reason_of(headers: Any) -> str:
    """Return the reason that a request's header states."""
    return checked_reason(unquote(str(headers.get(HEADER) or "")), HEADER)
