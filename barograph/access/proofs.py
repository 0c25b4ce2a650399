"""Servers of one Barograph on several machines: the dashboard shows the ingest that it has the same secret key.

It asks the ingest how it is, every few seconds. On one machine loopback is enough; elsewhere, in the network of
`compose.yaml` say, each question carries a signed moment, which opens what the ingest says of itself and nothing more.
"""

from __future__ import annotations

from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from barograph.settings import Settings

HEADER, LIFE_S = "Barograph-Part", 30


class Proofs:
    """Makes such proofs, and knows them; without a key in the settings there are none."""

    def __init__(self, settings: Settings) -> None:
        key = settings.secret_key
        self._signer = key and URLSafeTimedSerializer(key.get_secret_value(), salt="barograph.part")

    def headers(self) -> dict[str, str]:
        """Return what goes with a question to another server of ours."""
        return {HEADER: str(self._signer.dumps("dashboard"))} if self._signer else {}

    def proven(self, request: Any) -> bool:
        """Return whether a request is from a server of ours, and of this moment."""
        try:
            return bool(self._signer and self._signer.loads(request.headers.get(HEADER) or "", max_age=LIFE_S))
        except BadSignature:
            return False
