"""What `up` says of the addresses that others can reach: where they are, as text and as QR codes, and who may what."""

from __future__ import annotations

import io
import ipaddress
import socket

import segno

from barograph.cli.addresses import hosts_of, own_addresses
from barograph.errors import SettingsError
from barograph.networks import in_url, is_loopback
from barograph.settings import Settings, variable

# Documentation's own network (RFC 5737): asked for the way there, not for an answer, and nothing is sent.
SOMEWHERE = ("192.0.2.1", 9)


def chosen_address() -> str:
    """Return the address of this machine that others most likely reach: the one it would send from."""
    own = [str(address) for version in (4, 6) for address in own_addresses(version)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(SOMEWHERE)
            own.insert(0, asking.getsockname()[0])
        except OSError:
            pass
    found = next((address for address in own if not is_loopback(address)), None)
    if found is None:
        raise SettingsError("--lan: this machine has no address that others can reach; connect it to a network first")
    return found


def said_to_others(settings: Settings, dashboard: str, ingest: str) -> str:
    """Return what is open to others and where, nothing when nothing is; `dashboard` and `ingest` have the ports."""
    hosts = [host for host in hosts_of(settings) if not is_loopback(host)]
    return "".join(_said(settings, host, dashboard, ingest) for host in hosts if not settings.trusted_network)


def _said(settings: Settings, host: str, dashboard: str, ingest: str) -> str:
    at = ipaddress.ip_address(host)
    look, devices = (in_url(at, int(address.rpartition(":")[2])) for address in (dashboard, ingest))
    name = settings.allowed_hosts[0] if settings.tls and settings.allowed_hosts else ""
    if name:
        look, devices = (f"{name}:{address.rpartition(':')[2]}" for address in (look, devices))
    secure = "s" if settings.tls else ""
    sent, opened = f"ws{secure}://{devices}/ws", f"http{secure}://{look}"
    signing_in = (
        f"whoever has an account, at {opened}"
        if settings.tls
        else f"by way of {', '.join(settings.trusted_proxies)} alone"
        if settings.trusted_proxies
        else f"not here: it needs {variable('tls_cert')} and {variable('tls_key')}, or {variable('trusted_proxies')}"
    )
    plain = "" if settings.tls else "\n              (not encrypted: who shares this network can read what is sent)"
    return f"""
Others who can reach {host} may come in too:

  Devices     {sent}
              with a token, one for each device{plain}
  Shared      {opened}
              share links alone: one session or the wall of a team each, to look at,
              until they end
  Sign in     {signing_in}

{_codes(("Devices", sent), ("Shared links", opened))}"""


def _codes(*named: tuple[str, str]) -> str:
    out = []
    for name, address in named:
        drawn = io.StringIO()
        segno.make(address, error="m", micro=False).terminal(drawn, compact=True)
        out.append(f"  {name}: {address}\n\n{drawn.getvalue()}\n")
    return "".join(out)
