"""Layouts of streams' documents: each is checked once, and is what was stored."""

from __future__ import annotations

import pytest
from bson.int64 import Int64

from barograph.errors import InvalidData
from barograph.frames import Layout
from barograph.store import stream_documents as documents
from barograph.store.stream_documents import layout_of

SMALL = Layout(rows=2, cols=3, dtype="uint16", unit="kPa", scale=0.5, mask=(1, 1, 1, 0, 1, 1), tare=(1.5,) * 6)


def test_a_layout_is_what_was_stored_and_one_value_for_all_its_streams() -> None:
    stored = SMALL.to_dict()
    assert layout_of(stored) == SMALL
    assert layout_of(dict(stored)) is layout_of(stored | {"rows": Int64(2)})
    other = layout_of(stored | {"scale": 0.25})
    assert (other.scale, layout_of(stored).scale) == (0.25, 0.5)


def test_a_large_layout_is_not_remembered_and_a_wrong_one_is_refused_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "MOST_KNOWN_BYTES", 10)
    assert layout_of(SMALL.to_dict()) == SMALL
    assert layout_of(SMALL.to_dict()) is not layout_of(SMALL.to_dict())
    monkeypatch.undo()
    for _ in range(2):
        with pytest.raises(InvalidData, match="mask"):
            layout_of(SMALL.to_dict() | {"mask": [1, 2]})
