"""Any sequence of making, moving and judging trials leaves each frame in at most one trial of a step, or is refused."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph import protocols
from barograph.errors import CodecError, InvalidData, NotFound
from barograph.store.trial_rules import PACKING, TrialBook
from barograph.store.trials import STATES, NewTrial, again, trial_of

SIDED = protocols.named("single-leg-stance")
WALK = protocols.named("walk")
TIMES = st.integers(-2, 30)
ADDED = st.tuples(st.just("add"), st.sampled_from([(SIDED, "left"), (SIDED, "right"), (WALK, "both")]), TIMES, TIMES)
CHANGED = st.tuples(
    st.just("edit"),
    st.integers(0, 6),
    st.fixed_dictionaries(
        {},
        optional={
            "start_us": TIMES,
            "stop_us": TIMES,
            "side": st.sampled_from(["left", "right", "both"]),
            "state": st.sampled_from(STATES),
            "reason": st.sampled_from(["", "late", "fell"]),
        },
    ),
)


def done(book: TrialBook, step: tuple[Any, ...], at_us: int) -> TrialBook:
    if step[0] == "add":
        _, (protocol, side), start, stop = step
        return book.added(NewTrial(protocol, start, stop, side=side), at_us, "u")[0]
    return book.edited(step[1], step[2], at_us, "u")[0]


@given(st.lists(st.one_of(ADDED, CHANGED), max_size=25))
def test_a_frame_is_in_at_most_one_trial_of_a_step(steps: list[tuple[Any, ...]]) -> None:
    book = TrialBook()
    for at_us, step in enumerate(steps):
        before = book
        try:
            book = done(book, step, at_us)
        except (InvalidData, NotFound):
            continue
        assert [one.number for one in book.trials] == list(range(1, len(book.trials) + 1))
        assert len(book.trials) >= len(before.trials)
        for one, other in combinations(book.trials, 2):
            shared = set(range(one.start_us, one.stop_us + 1)) & set(range(other.start_us, other.stop_us + 1))
            assert one.step != other.step or not shared
        assert all(one.reason for one in book.trials if one.state == "rejected")
        grown = book.changes[len(before.changes) :]
        assert book.changes[: len(before.changes)] == before.changes
        assert (len(grown) == 1) == (book.trials != before.trials)
    assert PACKING.unpacked(PACKING.packed(book)) == book


def test_the_records_lead_back_to_how_a_trial_was_made() -> None:
    book, _ = TrialBook().added(NewTrial(WALK, 0, 10), 1, "u")
    for fields in ({"start_us": 2}, {"state": "rejected", "reason": "slow"}, {"state": "accepted"}, {"stop_us": 20}):
        book, _ = book.edited(1, fields, 2, "u")
    now = book.trial(1).to_dict()
    for change in reversed(book.changes):
        now |= change.before
    assert {name: now[name] for name in ("start_us", "stop_us", "state", "reason")} == {
        "start_us": 0, "stop_us": 10, "state": "recorded", "reason": "",
    }  # fmt: skip


def test_a_trial_is_made_again_as_it_was_and_moved() -> None:
    _, made = TrialBook().added(NewTrial(SIDED, 0, 10, side="left", state="rejected", reason="fell"), 1, "u")
    back = again(trial_of(made.to_dict()), 5)
    assert back == NewTrial(SIDED, 5, 15, "eyes open", "left", "rejected", "fell")


def test_a_condition_is_asked_for_where_there_are_several_and_none_where_there_is_none() -> None:
    two = protocols.Protocol("jump", "Jump", "Jump.", conditions=("shoes", "barefoot"))
    with pytest.raises(InvalidData, match="condition: expected one of shoes, barefoot, got none"):
        NewTrial(two, 0, 1)
    none = protocols.Protocol("jump", "Jump", "Jump.")
    assert NewTrial(none, 0, 1).condition == ""
    with pytest.raises(InvalidData, match="condition: expected none, as the protocol has none, got 'shoes'"):
        NewTrial(none, 0, 1, "shoes")


@pytest.mark.parametrize("data", [b"", b"\x01" + bytes(7) + b"x", (1 << 62).to_bytes(8, "little")])
def test_bytes_that_are_no_trials_are_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        PACKING.unpacked(data)


@pytest.mark.parametrize("plain", [None, [], {}, {"number": 0}])
def test_json_that_is_no_trial_is_refused(plain: Any) -> None:
    with pytest.raises(CodecError, match="trial: expected a trial"):
        trial_of(plain)
