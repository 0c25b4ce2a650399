"""TLS of both servers: one certificate and its key, read anew when their files change.

A connection keeps the certificate that it began with; the next handshake gets the new one. A pair that cannot be used,
because half of it is written yet or the two do not belong together, changes nothing: the one before stays in use, the
log says why, and the files are looked at again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from barograph.errors import SettingsError
from barograph.private import require_key
from barograph.settings import Settings, variable

log = logging.getLogger("barograph.tls")

LOOK_EVERY_S = 1.0
SOON_S, DAY_S = 14 * 86400.0, 86400.0
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the module does not name
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

    def end_s(self) -> float | None:
        """Return when the certificate ends, s since 1970; None where it does not say so to a client."""
        asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        asking.check_hostname = False
        asking.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | NO_CHECK_TIME
        up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            asking.load_verify_locations(self._certificate)
            client = asking.wrap_bio(down, up)
            served = self._current.wrap_bio(up, down, server_side=True)
            for one in (client, served) * 3:
                with contextlib.suppress(ssl.SSLWantReadError):
                    one.do_handshake()
            found = client.getpeercert()
        except (OSError, ValueError):
            return None
        return float(ssl.cert_time_to_seconds(str(found["notAfter"]))) if found else None

    def warn(self) -> None:
        """Say in the log that the certificate ends soon, or has ended."""
        if (end_s := self.end_s()) is not None and end_s - time.time() < SOON_S:
            log.warning("%s ends, or ended, on %s: get a new one", self._certificate, day_of(end_s))

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
        self.warn()
        return True

    async def keep(self) -> NoReturn:
        """Look at the files again and again, and say it once a day when they are to end."""
        told_s = -DAY_S
        while True:
            if time.monotonic() - told_s >= DAY_S:
                told_s = time.monotonic()
                self.warn()
            await asyncio.sleep(LOOK_EVERY_S)
            self.renew()


def certificate_of(settings: Settings) -> Certificate | None:
    """Return the certificate that the settings name, if they do."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return Certificate(settings.tls_cert, settings.tls_key)


def day_of(end_s: float) -> str:
    """Return a day as it is said."""
    return f"{datetime.fromtimestamp(end_s, UTC):%Y-%m-%d}"


def _no_password() -> str:
    raise SettingsError(f"{variable('tls_key')}: expected a key without a password, got one with")
