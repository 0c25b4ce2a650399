"""What is packed comes back, and neither more than a document holds nor bytes of something else get through."""

from __future__ import annotations

import re

import pytest

from barograph.codec import compress
from barograph.errors import CodecError, InvalidData
from barograph.store import packing
from barograph.store.packing import Packing


def _plain(value: frozenset[int]) -> list[int]:
    return sorted(value)


COUNTS = Packing("frame_counts", "counts of frames", list[int], _plain, frozenset)


def test_a_value_comes_back_by_way_of_its_stored_form() -> None:
    assert COUNTS.unpacked(COUNTS.packed(frozenset({3, 1, 2}))) == {1, 2, 3}


@pytest.mark.parametrize("most", ["MOST_BYTES", "MOST_STORED"])
def test_a_value_larger_than_a_document_is_refused_by_name(most: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, most, 10)
    with pytest.raises(InvalidData, match=r"^frame counts: expected at most .* bytes of counts of frames") as refused:
        COUNTS.packed(frozenset(range(100)))
    assert refused.value.field == "frame_counts"


def _sized(plain: bytes) -> bytes:
    return len(plain).to_bytes(packing.SIZE_BYTES, "little") + compress(plain)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "data: "),
        (_sized(b"[1]")[:-1], "data: "),
        (_sized(b"[1, "), "frame counts: expected counts of frames as `packed` makes bytes of it"),
        (_sized(b'["1"]'), "frame counts: expected counts of frames as `packed` makes bytes of it"),
        ((packing.MOST_BYTES + 1).to_bytes(8, "little"), f"frame counts: expected at most {packing.MOST_BYTES} bytes"),
    ],
)
def test_other_bytes_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(CodecError, match=f"^{re.escape(said)}"):
        COUNTS.unpacked(data)
