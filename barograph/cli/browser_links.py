"""What `up` and `demo` print when all runs, and how they open a browser.

A browser's arguments can be read by everyone on the machine, so the one-time link is not among them: the browser is
given a file that only this user can read, and that leads to the link. It goes when the link is of no more use.
"""

from __future__ import annotations

import asyncio
import html
import os
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from barograph.access.principals import Access
from barograph.cli.open_to_others import said_to_others
from barograph.private import write_private
from barograph.settings import Settings

PAGE_LIFE_S = 120.0
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Barograph</title>
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={link}">
</head>
<body><p><a href="{link}">Open Barograph</a></p></body>
</html>
"""


@dataclass(frozen=True)
class Places:
    """Where everything is."""

    dashboard: str
    ingest: str
    settings: Settings


@contextmanager
def opening(places: Places, *, browser: bool) -> Iterator[None]:
    """Say that all runs, and open a browser where there is a screen; its file goes with the context, or before."""
    link = Access(places.settings, "dashboard").new_link(f"http://{places.dashboard}")
    _announce(places, link)
    if not (browser and _has_screen()):
        yield
        return
    room = Path(tempfile.mkdtemp(prefix="open-", dir=places.settings.data_dir))  # 0700
    try:
        asyncio.get_running_loop().call_later(PAGE_LIFE_S, _remove, room)
        webbrowser.open(_page(room, link).as_uri())
        yield
    finally:
        _remove(room)


def _page(room: Path, link: str) -> Path:
    path = room / "barograph.html"
    write_private(path, PAGE.format(link=html.escape(link)).encode())
    return path


def _remove(room: Path) -> None:
    shutil.rmtree(room, ignore_errors=True)


def _announce(places: Places, link: str) -> None:
    settings = places.settings
    # As it was called itself, so that what is printed can be pasted.
    command = sys.argv[0] if Path(sys.argv[0]).name == "barograph" else "barograph"
    click.echo(
        f"""
Barograph is running, and healthy: the dashboard answers, and the ingest can store frames.

  Look        {link}
              (opens once; `{command} link --data-dir {settings.data_dir}` prints another)
  Devices     ws://{places.ingest}/ws
  Data        {settings.data_dir}
  Logs        {settings.data_dir / "logs"}
{said_to_others(places.settings, places.dashboard, places.ingest)}
Ctrl-C stops all of it.
"""
    )
    sys.stdout.flush()


def _has_screen() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
