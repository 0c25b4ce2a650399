"""What the docstrings say is so: examples run, parameters are those of the signature."""

import doctest
import importlib
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import analytics
from analytics import sim

EXPORTED = (getattr(analytics, name) for name in analytics.__all__)
PUBLIC: list[Callable[..., Any]] = [*(one for one in EXPORTED if not inspect.ismodule(one)), sim.simulate]


@pytest.mark.parametrize("function", PUBLIC, ids=lambda function: function.__name__)
def test_every_parameter_is_described_and_no_other(function: Callable[..., Any]) -> None:
    section = re.search(r"Parameters\n-+\n(.*?)\n\n(?:Returns)\n-+", inspect.getdoc(function) or "", re.DOTALL)
    assert section is not None, f"{function.__name__} describes no parameters or result"
    heads = re.findall(r"^(\S[^:\n]*?)(?: :.*)?$", section[1], re.MULTILINE)
    described = [name.strip("* ") for head in heads for name in head.split(",")]
    assert described == list(inspect.signature(function).parameters)


def test_examples_do_what_they_show() -> None:
    # The package exports the function under the module's name, so the module is asked for by its own.
    result = doctest.testmod(importlib.import_module("analytics.frames.frame_stats"))
    assert result.attempted > 0
    assert result.failed == 0
