"""Where things are: the sockets to listen on, the servers to use, and the dashboard that a link should open."""

from __future__ import annotations

import socket

from pydantic import SecretStr

from barograph.errors import SettingsError
from barograph.private import require_directory
from barograph.servers import embedded
from barograph.settings import Settings, variable


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


def with_servers(settings: Settings) -> Settings:
    """Return the settings with both URLs: those given, else of the servers that run on the data directory."""
    if settings.mongo_url is not None and settings.redis_url is not None:
        return settings
    found = embedded.running(settings.data_dir)
    if found is None:
        raise SettingsError(
            "no MongoDB and Redis to use: set BAROGRAPH_MONGO_URL and BAROGRAPH_REDIS_URL, or run `barograph up` "
            f"on the data directory {settings.data_dir}"
        )
    return with_urls(settings, found.mongo_url, found.redis_url)


def with_urls(settings: Settings, mongo_url: str, redis_url: str) -> Settings:
    """Return the settings with the URLs that they lack."""
    lacking = {"mongo_url": mongo_url, "redis_url": redis_url}
    return settings.model_copy(
        update={name: SecretStr(url) for name, url in lacking.items() if getattr(settings, name) is None}
    )
