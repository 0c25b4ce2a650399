"""Every option that takes a number names its bounds when it is beyond them, or no number at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner

from barograph.cli import app
from barograph.cli.numbers import Real, Whole

BEYOND = ("nan", "inf", "-inf", "-1e300", "1e300", f"-{10**30}", str(10**30), "many", "")


Found = tuple[tuple[str, ...], click.Option]


def number_options(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[Found]:
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from number_options(one, (*path, name))
    for option in command.params:
        if isinstance(option, click.Option) and isinstance(
            option.type, click.types.IntParamType | click.types.FloatParamType
        ):
            yield path, option


OPTIONS = list(number_options(app))
IDS = [" ".join((*path, option.opts[0])) for path, option in OPTIONS]


def said(path: tuple[str, ...], option: click.Option, value: str) -> str:
    found = CliRunner().invoke(app, [*path, f"{option.opts[0]}={value}", *[value] * (option.nargs - 1)])
    assert found.exit_code == 2
    return " ".join(found.output.split())


def test_options_with_numbers_are_found() -> None:
    names = {option.opts[0] for _, option in OPTIONS}
    assert {"--port", "--seconds", "--from", "--scale", "--tare", "--limit", "--mass-kg", "--spool-mib"} <= names


@pytest.mark.parametrize("value", BEYOND)
@pytest.mark.parametrize(("path", "option"), OPTIONS, ids=IDS)
def test_what_is_beyond_the_bounds_is_answered_with_them(
    path: tuple[str, ...], option: click.Option, value: str
) -> None:
    kind = option.type
    assert isinstance(kind, Whole | Real)
    text = said(path, option, value)
    assert f"'{option.opts[0]}'" in text
    assert "expected a " in text
    assert f"{kind.min:g}" in text
    assert f"{kind.max:g}" in text
    assert f"got {value[:40]!r}" in text


@pytest.mark.parametrize(("path", "option"), OPTIONS, ids=IDS)
def test_the_bounds_themselves_and_what_is_just_beyond(path: tuple[str, ...], option: click.Option) -> None:
    kind: Any = option.type
    for bound, is_open, step in ((kind.min, kind.min_open, -1), (kind.max, kind.max_open, 1)):
        if not is_open:
            assert kind.convert(str(bound), option, None) == bound
        beyond = bound if is_open else bound + step
        assert "expected a " in said(path, option, repr(beyond))
