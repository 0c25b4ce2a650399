"""TLS of both servers: one certificate and its key, read anew when their files change.

A connection keeps the certificate that it began with; the next handshake gets the new one. A pair that cannot be used,
because half of it is written yet or the two do not belong together, changes nothing: the one before stays in use, the
log says why, and the files are looked at again.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path
from typing import NoReturn

from barograph.errors import SettingsError
from barograph.private import require_key
from barograph.settings import Settings, variable

log = logging.getLogger("barograph.tls")

LOOK_EVERY_S = 1.0
OLDEST = ssl.TLSVersion.TLSv1_2


class Certificate:
    """The certificate of a server, and the context of its handshakes."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate, self._key = certificate, key
        self._seen = self._look()
        self._current = self._load()
        self.context = self._load()
        # Called in each handshake, whether the client names a server or not.
        self.context.sni_callback = self._use_current

    def _use_current(self, tls: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        tls.context = self._current

    def _look(self) -> tuple[tuple[int, int, int], ...]:
        try:
            found = [path.stat() for path in (self._certificate, self._key)]
        except OSError:
            return ()
        return tuple((status.st_ino, status.st_mtime_ns, status.st_size) for status in found)

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = OLDEST
        try:
            require_key(self._key)
            context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except OSError as error:  # which an error of TLS is too
            reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
            raise SettingsError(
                f"{variable('tls_cert')}, {variable('tls_key')}: expected a certificate and its key, in PEM, got "
                f"{self._certificate} and {self._key} ({reason})"
            ) from error
        return context

    def renew(self) -> bool:
        """Read the files again if they changed; return whether there is a new pair in use."""
        seen = self._look()
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            self._current = self._load()
        except SettingsError as error:
            log.warning("the certificate before stays in use: %s", error)
            return False
        log.info("a new certificate is in use: %s", self._certificate)
        return True

    async def keep(self) -> NoReturn:
        """Look at the files again and again."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.renew()


def certificate_of(settings: Settings) -> Certificate | None:
    """Return the certificate that the settings name, if they do."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return Certificate(settings.tls_cert, settings.tls_key)


def _no_password() -> str:
    raise SettingsError(f"{variable('tls_key')}: expected a key without a password, got one with")
