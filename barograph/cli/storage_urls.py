"""Where commands find the archive and the feed: by the settings, else on the data directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from barograph.errors import NotFound
from barograph.servers import embedded
from barograph.settings import Settings


@contextmanager
def archive_url(settings: Settings, *, new: bool = False) -> Iterator[str]:
    """Provide the archive's URL, else that of the servers of the data directory, which are started if none run.

    With `new`, a data directory where nothing was ever recorded will do.
    """
    with reached(settings, new=new) as (mongo_url, _):
        yield mongo_url


@contextmanager
def reached(settings: Settings, *, new: bool = False) -> Iterator[tuple[str, str | None]]:
    """Provide the URLs of the archive and, where it is known, of the live feed; as `archive_url`."""
    if settings.mongo_url is not None:
        yield settings.mongo_url.get_secret_value(), _redis_url(settings)
    elif not new and not (settings.data_dir / "mongo").is_dir():
        raise NotFound(f"nothing was ever recorded in {settings.data_dir}; --data-dir names another directory")
    else:
        with embedded.borrowed(settings.data_dir) as found:
            yield found.mongo_url, _redis_url(settings) or found.redis_url


def _redis_url(settings: Settings) -> str | None:
    return None if settings.redis_url is None else settings.redis_url.get_secret_value()
