"""What routes share: JSON text, the status of an error, and a moment read from an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from quart import request

from barograph.errors import AccessDenied, Gone, InvalidData, NotFound, StorageAway


def json_text(message: dict[str, Any]) -> str:
    """Return a message in JSON."""
    return msgspec.json.encode(message).decode()


STATUS = {AccessDenied: 403, Gone: 410, NotFound: 404, InvalidData: 400, StorageAway: 503}


def moment(name: str, given: Mapping[str, str] | None = None) -> int:
    """Return a time of the request's address, or of other fields, µs."""
    value = (request.args if given is None else given).get(name, "")
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise InvalidData(f"{name}: expected whole microseconds since 1970, got {value[:20]!r}", field=name)
    return int(value)
