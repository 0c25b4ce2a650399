"""Where things are: the sockets to listen on, the servers to use, and the dashboard that a link should open."""

from __future__ import annotations

import ipaddress
import socket

import psutil
from pydantic import SecretStr

from barograph.errors import SettingsError
from barograph.networks import Address, address_of
from barograph.private import require_directory
from barograph.settings import Settings, variable

ATTEMPTS = 8


def listen_all(settings: Settings, setting: str) -> list[socket.socket]:
    """Return the listening sockets of a server, all on one port: the first is this machine's own.

    What others reach is another socket than loopback, so that the socket alone says whether a connection is from
    elsewhere, and TLS is not asked of this machine.
    """
    port, hosts = getattr(settings, setting), hosts_of(settings)
    for left in reversed(range(ATTEMPTS if port == 0 else 1)):
        made: list[socket.socket] = []
        try:
            for host in hosts:
                made.append(listen(host, made[0].getsockname()[1] if made else port, setting=setting))
            return made
        except SettingsError:  # of a port that the kernel chose, another address may be taken
            for listener in made:
                listener.close()
            if not left:
                raise
    raise AssertionError("unreachable")


def hosts_of(settings: Settings) -> list[str]:
    """Return the addresses to listen on, this machine's own first."""
    host = ipaddress.ip_address(settings.host)
    if host.is_unspecified and settings.tls:
        return [settings.local_host, *(str(address) for address in own_addresses(host.version))]
    first = settings.host if host.is_unspecified else settings.local_host
    hosts = dict.fromkeys((first, settings.host, settings.lan_host))
    return [host for host in hosts if host and (host == first or not ipaddress.ip_address(first).is_unspecified)]


def own_addresses(version: int) -> list[Address]:
    """Return this machine's addresses that others may reach, private ones first, as its interfaces have them now."""
    states = psutil.net_if_stats()
    found = [
        address
        for name, entries in psutil.net_if_addrs().items()
        if name not in states or states[name].isup
        for entry in entries
        if (address := address_of(entry.address)) is not None and address.version == version
    ]
    usable = [at for at in found if not (at.is_loopback or at.is_link_local or at.is_unspecified)]
    return sorted(usable, key=lambda at: not at.is_private)


def listen(host: str, port: int, *, setting: str) -> socket.socket:
    """Return a listening socket, or a sentence that names the port and the setting to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {host} port {port} ({error.strerror}): stop what uses it, "
            f"or choose another port ({variable(setting)})"
        ) from error
    return listener


def note_address(settings: Settings, port: int, door: str = "dashboard") -> None:
    """Leave word in the data directory where a door is, for `barograph link` and `barograph doctor`."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    (settings.data_dir / f"{door}.address").write_text(settings.address(port), "utf-8")


def noted_address(settings: Settings, door: str = "dashboard") -> str | None:
    """Return where a door last started on this data directory is, if it was noted; nobody else may have written it."""
    try:
        text = (settings.data_dir / f"{door}.address").read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    require_directory(settings.data_dir)
    return text


def with_urls(settings: Settings, mongo_url: str, redis_url: str) -> Settings:
    """Return the settings with the URLs that they lack."""
    lacking = {"mongo_url": mongo_url, "redis_url": redis_url}
    return settings.model_copy(
        update={name: SecretStr(url) for name, url in lacking.items() if getattr(settings, name) is None}
    )
