"""`barograph send --pair`: asks for a token with the code that the dashboard shows, and keeps it for later.

The token is in a file of mode 0600, or in `BAROGRAPH_TOKEN`; it is no argument, which everyone on the machine can read.
"""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import httpx

from barograph import __version__
from barograph.access.proofs import Proofs
from barograph.access.secrets import DEVICE, normal_code, plausible
from barograph.cli.addresses import noted_address
from barograph.errors import BarographError, SettingsError
from barograph.networks import is_loopback
from barograph.private import require_secret, write_private
from barograph.settings import Settings

ALLOWED_S = 60.0  # as long as a token waits that was allowed at the last moment
ANSWER_S = 15.0
RETRY_S = 2.0


class NotPaired(BarographError):
    """The server gave no token; the message says why."""


def token_path(chosen: Settings, given: Path | None, url: str) -> Path:
    """Return where the token of this device is kept; each server has a file of its own, so that none sees another's."""
    place = re.sub(r"[^A-Za-z0-9.]+", "-", _base(url).partition("://")[2])
    return given or chosen.data_dir / f"device-{place}.token"


def token_for(chosen: Settings, given: Path | None, url: str) -> str | Callable[[], str | None] | None:
    """Return the token to send with: this device's, else the owner's where the server is of our data directory.

    The owner's is made anew for each connection, because it is good for a day.
    """
    token, at = kept_token(chosen, given, url), urlsplit(url)
    if token is not None or not is_loopback("127.0.0.1" if at.hostname == "localhost" else at.hostname or ""):
        return token
    noted = noted_address(chosen, "ingest")
    if noted is not None and noted.rpartition(":")[2] != str(at.port):
        return None
    return Proofs(chosen).owner_token


def kept_token(chosen: Settings, given: Path | None, url: str) -> str | None:
    """Return the token to send with: of the file named, of `BAROGRAPH_TOKEN`, or the one kept for this server."""
    said = chosen.token.get_secret_value() if chosen.token is not None else ""
    if given is None and said.startswith(DEVICE):
        return said
    path = token_path(chosen, given, url)
    if not (path.is_symlink() or path.exists()):
        if given is not None:
            raise SettingsError(f"--token-file {path}: there is no such file; --pair CODE makes it")
        return None
    require_secret(path)
    token = path.read_text("utf-8").strip()
    if not plausible(token, DEVICE):
        raise SettingsError(f"{path}: expected the token of a device, which begins with {DEVICE}; pair it again")
    return token


def pair(url: str, code: str, streams: Sequence[str], chosen: Settings, given: Path | None, sensor: str = "") -> None:
    """Ask to be paired, wait until somebody allows it, and keep the token."""
    path, name = token_path(chosen, given, url), platform.node()[:200] or "barograph send"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    said = {
        "code": normal_code(code), "name": name, "streams": list(streams), "layout": sensor,
        "firmware": f"barograph {__version__}",
    }  # fmt: skip
    with httpx.Client(base_url=_base(url), timeout=ANSWER_S) as client:
        asked = _answer(client, "/api/pairings", said)
        click.echo(f"{name} asks to feed {', '.join(streams)}; allow it in the dashboard, under Devices", err=True)
        told = _wait(client, asked)
    write_private(path, told["token"].encode() + b"\n")
    until = time.strftime("%Y-%m-%d", time.gmtime(told["until_us"] / 1e6))
    click.echo(f"paired as {told['name']}, feeds {', '.join(told['streams'])} until {until}; token in {path}", err=True)


def _base(url: str) -> str:
    """The HTTP address of an ingest from that of its WebSocket."""
    return url.removesuffix("/").removesuffix("/ws").replace("ws", "http", 1)


def _wait(client: httpx.Client, asked: dict[str, Any]) -> dict[str, Any]:
    """Come back until the token is there; a server that does not answer for a moment is asked again."""
    left_s = asked["until_us"] / 1e6 - time.time() + ALLOWED_S
    until_s = time.monotonic() + min(max(left_s, ALLOWED_S), 10 * ALLOWED_S)
    while time.monotonic() < until_s:
        time.sleep(asked["poll_s"])
        try:
            told = _answer(client, "/api/pairings/token", {"claim": asked["claim"]})
        except (httpx.TransportError, _Later):
            time.sleep(RETRY_S)
            continue
        if told["state"] == "allowed":
            return told
    raise NotPaired("nobody allowed this device in time; ask for a new code in the dashboard")


class _Later(BarographError):
    """The server asks to come again later."""


def _answer(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = client.post(path, json=body)
    except httpx.TransportError as error:
        if path == "/api/pairings":
            raise NotPaired(f"no connection to {client.base_url}: {error}") from error
        raise
    if answer.status_code in (429, 503):
        raise _Later(f"{client.base_url}: {answer.text[:200]}")
    try:
        said: dict[str, Any] = answer.json()
        if answer.is_success:
            return said
        raise NotPaired(str(said["error"]["message"]))
    except (ValueError, LookupError, TypeError) as error:
        raise NotPaired(f"{client.base_url}: expected a Barograph, got {answer.status_code}") from error
