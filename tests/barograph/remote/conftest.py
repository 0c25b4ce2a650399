"""What the tests of a Lab over HTTP share."""

from __future__ import annotations

import pytest

from barograph.remote import client


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a hundredth as long between two tries."""
    monkeypatch.setattr(client, "FIRST_WAIT_S", 0.002)
    monkeypatch.setattr(client, "MOST_WAIT_S", 0.1)
