"""Servers of one Barograph show each other that they have the same secret key.

The dashboard, and whoever starts the servers, ask the ingest how it is. Over loopback that is open to this machine; by
way of a proxy that is named, or in the network of `compose.yaml`, each question carries a signed moment, which opens
what the ingest says of itself and nothing more. The key is that of the settings, or of the data directory.
"""

from __future__ import annotations

import logging
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from barograph.access.principals import existing_key
from barograph.errors import SettingsError
from barograph.settings import Settings

log = logging.getLogger("barograph.access")

HEADER, LIFE_S = "Barograph-Part", 30


class Proofs:
    """Makes such proofs, and knows them; without a key there are none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._signer: URLSafeTimedSerializer | None = None

    def headers(self) -> dict[str, str]:
        """Return what goes with a question to another server of ours."""
        signer = self._found()
        return {HEADER: str(signer.dumps("part"))} if signer else {}

    def proven(self, request: Any) -> bool:
        """Return whether a request is from a server of ours, and of this moment."""
        said = request.headers.get(HEADER)
        if not said or (signer := self._found()) is None:
            return False
        try:
            return bool(signer.loads(said, max_age=LIFE_S))
        except BadSignature:
            return False

    def _found(self) -> URLSafeTimedSerializer | None:
        """The signer, as soon as there is a key: the dashboard makes one when it first starts."""
        if self._signer is None:
            try:
                key = existing_key(self._settings)
            except SettingsError as error:
                log.warning("no server can prove itself: %s", error)
                return None
            self._signer = URLSafeTimedSerializer(key, salt="barograph.part") if key else None
        return self._signer
