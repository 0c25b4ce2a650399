"""What is shown by whoever has the secret key: by another server of this Barograph, and by the owner's own programs.

The dashboard, and whoever starts the servers, ask the ingest how it is. Over loopback that is open to this machine; by
way of a proxy that is named, or in the network of `compose.yaml`, each question carries a signed moment, which opens
what the ingest says of itself and nothing more.

Whoever may read the data directory may read the data. Their programs show it at the ingest by an owner's token
(`bgo_…`), which is signed and stored nowhere: `barograph send` makes one itself, and `barograph token owner` prints
one. It is good for a day, and ends with the key. The key is that of the settings, or of the data directory.

A Prometheus on another machine cannot sign. It brings a token of the settings, which opens `/metrics` of both servers
under any host name, and nothing else.
"""

from __future__ import annotations

import hmac
import logging
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from barograph.access.devices import bearer_of
from barograph.access.principals import Principal, existing_key
from barograph.access.secrets import OWNER
from barograph.errors import SettingsError
from barograph.settings import Settings

log = logging.getLogger("barograph.access")

HEADER, LIFE_S = "Barograph-Part", 30
METRICS = "/metrics"
OWNER_LIFE_S = 86_400
MOST_OWNER = 200  # characters; ours have about 50
OWNING = Principal("the owner", kind="owner")


class Proofs:
    """Makes such proofs, and knows them; without a key there are none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = ""

    def headers(self) -> dict[str, str]:
        """Return what goes with a question to another server of ours."""
        signer = self._signer("barograph.part")
        return {HEADER: str(signer.dumps("part"))} if signer else {}

    def proven(self, request: Any) -> bool:
        """Return whether a request is from a server of ours, and of this moment."""
        return self._signed("barograph.part", request.headers.get(HEADER), LIFE_S)

    def scrapes(self, request: Any) -> bool:
        """Return whether a request reads the metrics, with the token that the settings name for that."""
        token, brought = self._settings.metrics_token, bearer_of(request.headers)
        if token is None or brought is None or request.path != METRICS:
            return False
        return hmac.compare_digest(brought.encode(), token.get_secret_value().encode())

    def owner_token(self) -> str | None:
        """Return a token of the owner, good for a day; None where there is no key to sign it with."""
        signer = self._signer("barograph.owner")
        return OWNER + str(signer.dumps("owner")) if signer else None

    def owns(self, token: object) -> bool:
        """Return whether a token is the owner's, and not older than a day."""
        if not isinstance(token, str) or not token.startswith(OWNER) or len(token) > MOST_OWNER:
            return False
        return self._signed("barograph.owner", token.removeprefix(OWNER), OWNER_LIFE_S)

    def _signed(self, salt: str, said: str | None, life_s: int) -> bool:
        if not said or (signer := self._signer(salt)) is None:
            return False
        try:
            return bool(signer.loads(said, max_age=life_s))
        except BadSignature:
            return False

    def _signer(self, salt: str) -> URLSafeTimedSerializer | None:
        """The signer, as soon as there is a key: the dashboard makes one when it first starts."""
        if not self._key:
            try:
                self._key = existing_key(self._settings)
            except SettingsError as error:
                log.warning("nobody can be known by the key: %s", error)
        return URLSafeTimedSerializer(self._key, salt=salt) if self._key else None
