"""How much an address, and whoever came by one shared link, may ask of the dashboard. No socket, no clock.

The buckets and what is counted of an address are `barograph.web.limits`', as for the ingest.
"""

from __future__ import annotations

from collections import Counter

from barograph.errors import Refused
from barograph.settings import Settings
from barograph.web.limits import ADDRESS, AddressLimits, Rate, refused


class Limits(AddressLimits):
    """The limits of one process; links that did not open are counted by address, feeds also by shared link."""

    def __init__(self, settings: Settings) -> None:
        links = settings.max_address_refused_links_per_minute
        super().__init__(settings, Rate("max_address_refused_links_per_minute", links, "links a minute", ADDRESS))
        self.most_shared = settings.max_share_sockets
        self._shared: Counter[str] = Counter()

    @property
    def open_sockets(self) -> int:
        """How many sockets are open, of all addresses."""
        return sum(self._open["sockets"].values())

    def open_feed(self, address: str | None, share: str | None) -> Refused | None:
        """Count one more feed of an address, and of a shared link; why not, and then nothing is counted."""
        if share is not None and self._shared[share] >= self.most_shared:
            return refused("max_share_sockets", "one shared link", self.most_shared, "open feeds", 1.0)
        if not self.opened(address):
            return self.too_many_sockets()
        if share is not None:
            self._shared[share] += 1
        return None

    def close_feed(self, address: str | None, share: str | None) -> None:
        """Count one less: a feed that was counted is closed."""
        self.closed(address)
        if share is not None:
            self._shared[share] -= 1
            self._shared += Counter()  # without those that have none
