"""What an archive keeps beside frames, each by a port of its own."""

from __future__ import annotations

from typing import Protocol

from barograph.store.accounts import Accounts
from barograph.store.audit import Audit
from barograph.store.cold.port import ColdStorage
from barograph.store.corrections import CorrectionsPort
from barograph.store.departures import Departures
from barograph.store.receipts import Receipts
from barograph.store.retention_rules import Retention
from barograph.store.summaries import Summaries
from barograph.store.test_days import TestDays
from barograph.store.trials import Trials


class Beside(Protocol):
    """The ports of an archive to what is no frame, and no name of a session or stream."""

    @property
    def audit(self) -> Audit:
        """Who did what, and why."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Who may come in, and by what."""
        ...

    @property
    def summaries(self) -> Summaries:
        """Tables of sessions that were computed once."""
        ...

    @property
    def trials(self) -> Trials:
        """Parts of workouts that are trials of tests."""
        ...

    @property
    def test_days(self) -> TestDays:
        """Queues of athletes, and stations at which they are tested."""
        ...

    @property
    def corrections(self) -> CorrectionsPort:
        """Masks and prints that were corrected by hand."""
        ...

    @property
    def departures(self) -> Departures:
        """Athletes who are being erased, and the steps of it."""
        ...

    @property
    def receipts(self) -> Receipts:
        """What erasures took, without saying of whom."""
        ...

    @property
    def retention(self) -> Retention:
        """How long sessions are kept, and what the last night did."""
        ...

    @property
    def cold(self) -> ColdStorage:
        """Frames of archived sessions."""
        ...

    @property
    def archiving(self) -> Retention:
        """After how long sessions are archived, and what the last night did."""
        ...
