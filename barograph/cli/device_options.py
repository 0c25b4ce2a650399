"""Options of `barograph send` that make it a device with a token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of pairing; the token itself is never an argument."""
    pair = click.option("--pair", metavar="CODE", help="Ask for a token with the code that the dashboard shows.")
    where = click.option(
        "--token-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Keep the token in this file (default: in the data directory; BAROGRAPH_TOKEN goes first).",
    )
    data_dir = click.option(
        "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="That of the server, to send as its owner."
    )
    return pair(where(data_dir(command)))
