"""Change fields of a protocol's TOML text and leave the rest as it was written: comments, order, unknown fields."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from barograph.errors import InvalidData
from barograph.protocols.protocol import FIELDS, parsed


@dataclass(frozen=True)
class Statement:
    """Lines `first` to `end` (without it) that give the key at `path` a value, or that open the table at `path`."""

    path: tuple[str, ...]
    first: int
    end: int
    opens: bool = False
    inside: tuple[str, ...] = ()


def rewritten(text: str, values: Mapping[str, Any]) -> str:
    """Return a protocol's text with fields set to new values, None to leave a field out.

    `criteria` is a table of the criteria that change, None for one that goes. What is not named stays as it is
    written. `InvalidData` where the text is not TOML.
    """
    now = parsed(text)
    for field, value in values.items():
        if field != "criteria":
            text = _set(text, (field,), value)
            now = _with(now, field, value)
    for name, limits in (values.get("criteria") or {}).items():
        held = now.get("criteria")
        found = _with(held if isinstance(held, Mapping) else {}, name, limits)
        now = now | {"criteria": found}
        better = _set_criterion(text, name, limits)
        text = better if _says(better, now) else _all_criteria(text, found)
    return text


def _with(held: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    left = {key: each for key, each in held.items() if key != name or value is not None}
    return left if value is None else left | {name: value}


def _says(text: str, wanted: Mapping[str, Any]) -> bool:
    with suppress(InvalidData):
        return parsed(text) == wanted
    return False


def _set(text: str, path: tuple[str, ...], value: Any) -> str:
    """Set, add or remove one key that stands before all tables."""
    lines, found = text.split("\n"), list(_statements(text))
    old = next((one for one in found if one.path == path and not one.opens), None)
    if old is not None:
        new = [] if value is None else (_line(path[-1], value) + _remark(lines[old.first : old.end])).split("\n")
        return "\n".join([*lines[: old.first], *new, *lines[old.end :]])
    if value is None:
        return text
    before = [one for one in found if not one.inside and not one.opens]
    earlier = FIELDS[: FIELDS.index(path[0])] if path[0] in FIELDS else FIELDS
    at = max((one.end for one in before if one.path[0] in earlier), default=before[0].first if before else 0)
    return "\n".join([*lines[:at], _line(path[-1], value), *lines[at:]])


def _set_criterion(text: str, name: str, limits: Mapping[str, Any] | None) -> str:
    """Set one criterion in the table `[criteria]`, at its end if it is new there."""
    lines, found = text.split("\n"), list(_statements(text))
    old = next((one for one in found if one.path == ("criteria", name) and one.inside == ("criteria",)), None)
    if old is not None:
        new = [] if limits is None else [_line(name, limits) + _remark(lines[old.first : old.end])]
        return "\n".join([*lines[: old.first], *new, *lines[old.end :]])
    at = max((one.end for one in found if one.inside == ("criteria",) or (one.opens and one.path == ("criteria",))),
             default=None)  # fmt: skip
    return text if at is None or limits is None else "\n".join([*lines[:at], _line(name, limits), *lines[at:]])


def _all_criteria(text: str, held: Mapping[str, Any]) -> str:
    """Write all criteria anew, as one table at the end: they stood in a way that one alone is not changed in."""
    lines = text.split("\n")
    gone = {at for one in _statements(text) if one.path[0] == "criteria" for at in range(one.first, one.end)}
    left = "\n".join(line for at, line in enumerate(lines) if at not in gone).rstrip("\n")
    return "\n".join([left, "", "[criteria]", *(_line(name, limits) for name, limits in held.items()), ""])


def _statements(text: str) -> Iterator[Statement]:
    """Yield what a TOML text says, in its order; a value of several lines is one statement."""
    lines, at = text.split("\n"), 0
    inside: tuple[str, ...] = ()
    while at < len(lines):
        if not lines[at].strip() or lines[at].lstrip().startswith("#"):
            at += 1
            continue
        end = at + 1
        while (said := _loaded(lines[at:end])) is None and end < len(lines):
            end += 1
        opens = lines[at].lstrip().startswith("[")
        path = _path(said or {}, deep=opens or "." in lines[at].partition("=")[0])
        if opens:
            inside = path
        yield Statement(path if opens else (*inside, *path), at, end, opens, inside)
        at = end


def _loaded(lines: list[str]) -> dict[str, Any] | None:
    with suppress(tomllib.TOMLDecodeError):
        return tomllib.loads("\n".join(lines))
    return None


def _path(said: Mapping[str, Any], *, deep: bool) -> tuple[str, ...]:
    """Return the keys that lead to the value of one statement; the first alone where it is written without dots."""
    path: list[str] = []
    value: Any = said
    while isinstance(value, Mapping) and len(value) == 1 and (deep or not path):
        ((key, value),) = value.items()
        path.append(key)
    return tuple(path) or ("",)


def _remark(lines: list[str]) -> str:
    """Return the comment behind a value, with the space before it."""
    text = "\n".join(lines)
    said = _loaded(lines)
    for at, letter in enumerate(text):
        if letter == "#" and _loaded([text[:at]]) == said:
            return f"  {text[at:].rstrip()}"
    return ""


def _line(name: str, value: Any) -> str:
    return f"{_key(name)} = {_written(value)}"


def _key(name: str) -> str:
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else json.dumps(name, ensure_ascii=False)


def _written(value: Any) -> str:
    """Write a value as TOML; a text of several lines as one between triple quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name)} = {_written(each)}" for name, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written(each) for each in value)}]"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return repr(value)


def _text(value: str) -> str:
    lines = [json.dumps(line, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f") for line in value.split("\n")]
    return f'"{lines[0]}"' if len(lines) == 1 else '"""\n' + "\n".join(lines) + '"""'
