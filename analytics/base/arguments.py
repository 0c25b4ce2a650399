"""Arguments of the wrong kind get an answer: what was expected, what came, and how to make the one of the other.

Public functions are `@checked`: a parameter that is annotated as a Recording, a Layout, a table, a text or a number is
compared with its annotation before the function runs. What is annotated otherwise, the function checks itself.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

import numpy as np
import pandas as pd

from barograph.errors import InvalidData
from barograph.frames import Layout, Recording

P = ParamSpec("P")
R = TypeVar("R")

# What else than the class itself is taken for it, and what the class is called.
ALSO: dict[Any, Any] = {float: Real, int: (int, np.integer), tuple: (tuple, list)}
WORDS: dict[Any, str] = {
    pd.DataFrame: "a table (DataFrame)",
    np.ndarray: "an array",
    Mapping: "a dict by name",
    Sequence: "a list",
    tuple: "a tuple",
    str: "a text",
    float: "a number",
    int: "a whole number",
}
# What several classes are called together.
TOGETHER = {frozenset({str, float, pd.Timedelta}): "a duration like '1s'"}
STANCE_COLUMNS = ("first", "after", "start", "stop", "cut")
HINTS: dict[tuple[Any, type], str] = {
    (Recording, np.ndarray): "barograph.Recording(frames, times_us, layout) makes one of arrays",
    (Recording, str): "lab.recording() or barograph.read_file() gives one",
    (pd.DataFrame, Recording): "frame_stats(recording) makes its table of frames",
    (pd.DataFrame, np.ndarray): "frame_stats(recording) makes the table of frames",
    (Layout, dict): "Layout.from_dict() makes one",
    (Layout, Recording): "recording.layout is one",
    (np.ndarray, Recording): "recording.frames is one",
    (Mapping, pd.DataFrame): "{'left': table} is one",
}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse arguments of another kind than the annotations say, by `InvalidData` that names the parameter."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            if (name, type(value)) not in passed:
                _check(name, value, wanted().get(name))
                if not isinstance(value, Mapping | Sequence):  # whose items are looked at each time
                    passed.add((name, type(value)))
        return function(*args, **kwargs)

    names = tuple(inspect.signature(function).parameters)
    passed: set[tuple[str, type]] = set()
    wanted = functools.cache(lambda: _wanted(function))
    return guarded


def _wanted(function: Callable[..., Any]) -> dict[str, tuple[Any, ...]]:
    """What each parameter may be, of those whose annotation can be checked here."""
    found = inspect.signature(function, eval_str=True).parameters.values()
    options = {one.name: _options(one.annotation) for one in found if one.kind is not one.VAR_KEYWORD}
    return {name: kinds for name, kinds in options.items() if all(map(_checkable, kinds))}


def _options(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def _checkable(annotation: Any) -> bool:
    kind = _kind(annotation)
    return isinstance(kind, type) and not getattr(kind, "_is_protocol", False)


def _kind(annotation: Any) -> Any:
    """The class of an annotation: an array of bools is an array, one of some words is a text."""
    if get_origin(annotation) is Literal:
        return str
    return get_origin(annotation) or annotation


def _check(name: str, value: Any, kinds: tuple[Any, ...] | None) -> None:
    if kinds is None:
        return
    chosen = next((kind for kind in kinds if _is(value, _kind(kind))), None)
    if chosen is None:
        raise InvalidData(_said(name, value, [_kind(kind) for kind in kinds]), field=name)
    if isinstance(value, Mapping):
        _check_all(name, value, get_args(chosen)[1:])
    elif isinstance(value, Sequence) and _kind(chosen) is Sequence:
        _check_all(name, dict(enumerate(value)), get_args(chosen))
    elif isinstance(value, tuple | list) and (parts := get_args(chosen)) and ... not in parts:
        if len(value) != len(parts):
            raise InvalidData(f"{name}: expected {len(parts)} of them, got {len(value)}", field=name)
        for at, (one, kind) in enumerate(zip(value, parts, strict=True)):
            _check_all(name, {at: one}, (kind,))


def _check_all(name: str, values: Mapping[Any, Any], kinds: tuple[Any, ...]) -> None:
    if all(map(_checkable, kinds)):
        for key, value in values.items():
            _check(f"{name}[{key!r}]", value, kinds or None)


def _is(value: Any, kind: Any) -> bool:
    if kind in (float, int) and isinstance(value, bool | np.bool_):
        return False
    if kind is Sequence and isinstance(value, str):
        return False
    return isinstance(value, ALSO.get(kind, kind))


def _said(name: str, value: Any, kinds: list[Any]) -> str:
    named = [kind for kind in kinds if kind is not types.NoneType]
    wanted = TOGETHER.get(frozenset(named)) or " or ".join(WORDS.get(kind, f"a {kind.__name__}") for kind in named)
    hint = next((f"; {said}" for (kind, came), said in HINTS.items() if kind in kinds and isinstance(value, came)), "")
    return f"{name}: expected {wanted}, got {kind_of(value)}{hint}"


def kind_of(value: Any) -> str:
    """Return what a value is, shortly."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.shape}"
    if value is None:
        return "None"
    return f"{value!r:.40}" if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def check_columns(name: str, table: pd.DataFrame, columns: tuple[str, ...], made_by: str) -> None:
    """Refuse a table that lacks one of the columns, and say which function makes it."""
    missing = [column for column in columns if column not in table]
    if missing:
        raise InvalidData(f"{name}: expected a table of {made_by}, got one without {missing[0]}", field=name)


def check_stances(name: str, table: pd.DataFrame, n: int, columns: tuple[str, ...] = STANCE_COLUMNS) -> None:
    """Refuse a table that is none of `stances`, or that has one beyond the n rows it is asked of."""
    check_columns(name, table, columns, "stances")
    if len(table) and (last := int(table["after"].max())) > n:
        raise InvalidData(f"{name}: expected stances of {n} rows, got one that ends after {last}", field=name)
