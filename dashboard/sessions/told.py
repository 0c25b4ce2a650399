"""What a page says of files that it sends."""

from __future__ import annotations

from urllib.parse import parse_qsl

from quart import request
from werkzeug.datastructures import MultiDict

from barograph.errors import InvalidData

TOLD, MOST_FIELDS = "X-Barograph-Import", 300


def told_of_files() -> MultiDict[str, str]:
    """Return what a page says of files: in a header, as names of people and files are in no address; or in one."""
    said = request.headers.get(TOLD)
    if said is None:
        return request.args
    try:
        return MultiDict(parse_qsl(said, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise InvalidData(f"{TOLD}: expected at most {MOST_FIELDS} fields, got more", field=TOLD) from error
