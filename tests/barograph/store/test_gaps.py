from barograph.frames import Gap
from barograph.store.gaps import explained
from barograph.store.records import Epoch, Unstored


def epoch(*unstored, e=0):
    return Epoch(e, f"epoch-{e}", True, unstored=tuple(Unstored(*item) for item in unstored))


def told(gaps):
    return [(gap.e, gap.seq, gap.n, gap.reason) for gap in gaps]


def test_a_gap_that_nobody_declared_has_no_reason():
    assert told(explained([Gap(0, 5, 3, 10, 20)], [epoch()], {0: (20, 99)})) == [(0, 5, 3, "")]


def test_a_gap_is_cut_where_its_reasons_change_and_the_first_record_counts():
    records = epoch((6, 4, "declared: full"), (8, 5, "not_resent"))
    cut = explained([Gap(0, 5, 10, 10, 20)], [records], {0: (20, 99)})
    assert told(cut) == [(0, 5, 1, ""), (0, 6, 4, "declared: full"), (0, 10, 3, "not_resent"), (0, 13, 2, "")]
    assert {(gap.start_us, gap.stop_us) for gap in cut} == {(10, 20)}


def test_a_record_of_what_was_stored_after_all_is_no_gap():
    assert explained([], [epoch((6, 4, "not_resent"))], {0: (20, 99)}) == ()


def test_what_is_recorded_beyond_the_last_frame_is_a_gap_too():
    (tail,) = explained([], [epoch((18, 7, "rejected: bad_field"))], {0: (20, 99)})
    assert (tail.seq, tail.n, tail.start_us, tail.reason) == (20, 5, 99, "rejected: bad_field")


def test_an_epoch_without_any_frame_shows_its_records():
    assert told(explained([], [epoch(), epoch((0, 3, "declared: full"), e=1)], {})) == [(1, 0, 3, "declared: full")]
