"""Libraries of formats that not every installation has: asked for when such a file is written."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from barograph.errors import InvalidData

PIP = 'pip install "barograph[exports]"'


def needed(package: str, what: str) -> Any:
    """Import a package, or raise `InvalidData` with the command that installs it."""
    try:
        return import_module(package)
    except ImportError as error:
        said = f"format: expected the package {package}, which writes {what}, but it is not installed here; {PIP}"
        raise InvalidData(said, field="format") from error
