"""At which rows the phases of jumps begin, which contacts are those of a jump, who is weighed, and what tables say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from jump_traces import BW, G, cmj, held, table

from analytics import drop_jumps, hops, jumps
from analytics.jumps.force import force_of
from analytics.jumps.rebounds import _of_pieces
from analytics.jumps.weighing import weighed
from barograph.errors import InvalidData


def rows_of(found: pd.Series, plate: pd.DataFrame, names: str) -> list[Any]:
    assert all(found[name].tz is not None for name in names.split() if not pd.isna(found[name]))
    return [None if pd.isna(at := found[name]) else int(plate.index.get_loc(at)) for name in names.split()]


def rebound(contact_s: float = 0.2, *, before: float = 0.3, flight_s: float = 0.3) -> pd.DataFrame:
    """Stand, push off, fly, one contact, fly, land hard enough to stop, stand."""
    return held(
        (BW, 2.0), (1.5 * BW, 0.3), (0.0, before), (2600.0, contact_s), (0.0, flight_s), (2000.0, 0.25), (BW, 1.5)
    )


def test_the_rows_of_a_rebound_are_those_of_a_loop() -> None:
    plate = rebound()
    total, s = plate["total_force_n"].to_numpy(), np.arange(len(plate)) / 1000
    touchdown, takeoff, landing = 2600, 2800, 3100
    v = [G * 0.3 / 2]  # at take-off, and back from there
    for i in range(takeoff, touchdown, -1):
        v.insert(0, v[0] - ((total[i] + total[i - 1]) / 2 - BW) * 0.001 * G / BW)
    lowest = touchdown + max(i for i, one in enumerate(v) if one < 0) + 1
    fall, stopped = -G * 0.3 / 2, landing
    while fall < 0:
        fall += ((total[stopped] + total[stopped + 1]) / 2 - BW) * (s[stopped + 1] - s[stopped]) * G / BW
        stopped += 1
    found = hops(plate).iloc[0]
    assert rows_of(found, plate, "touchdown propulsion takeoff landing stopped") == [
        touchdown, lowest, takeoff, landing, stopped,
    ]  # fmt: skip
    assert touchdown < lowest < takeoff
    lasting = ["contact_s", "braking_s", "propulsion_s", "flight_s", "landing_s"]
    rows = [touchdown, lowest, takeoff, landing, stopped]
    assert found[lasting].tolist() == pytest.approx(
        [0.2, *np.diff([touchdown, lowest, takeoff]) / 1000, 0.3, (stopped - landing) / 1000], abs=1e-9
    )
    assert (found["peak_force_n"], found["peak_landing_force_n"]) == (2600.0, 2000.0)
    sides = hops(plate * 0.5, plate * 0.5).iloc[0]
    spans = {"contact": (0, 2), "braking": (0, 1), "propulsion": (1, 2), "landing": (3, 4)}
    for phase, (a, b) in spans.items():
        there = slice(rows[a], rows[b] + 1)
        assert sides[f"{phase}_left_ns"] == pytest.approx(np.trapezoid(total[there] / 2, s[there]))
        assert sides[f"{phase}_si_pct"] == 0.0


def test_a_body_that_the_contact_does_not_turn_has_no_lowest_point() -> None:
    rising = hops(rebound(), body_weight_n=2590.0).iloc[0]
    assert rows_of(rising, rebound(), "propulsion stopped") == [None, None]
    sinking = hops(rebound(), body_weight_n=9000.0).iloc[0]
    assert rows_of(sinking, rebound(), "propulsion stopped") == [None, None]


def test_a_landing_is_searched_for_two_seconds_of_its_piece() -> None:
    plate = held((BW, 2.0), (1.5 * BW, 0.3), (0, 0.3), (2600, 0.2), (0, 0.3), (BW, 1.9), (9000, 0.3), (BW, 1.0))
    assert hops(plate).iloc[0]["landing_s"] == pytest.approx(1.9, abs=0.1)
    later = held((BW, 2.0), (1.5 * BW, 0.3), (0, 0.3), (2600, 0.2), (0, 0.3), (BW, 2.1), (9000, 0.3), (BW, 1.0))
    assert np.isnan(hops(later).iloc[0]["landing_s"])
    assert np.isnan(hops(plate.drop(plate.index[4000:4100])).iloc[0]["landing_s"])


@pytest.mark.parametrize(
    ("contact_s", "asked", "n"),
    [(0.05, {}, 1), (0.049, {}, 0), (0.1, {"longest_contact_s": 0.1}, 1), (0.101, {"longest_contact_s": 0.1}, 0),
     (1.0, {}, 1), (1.001, {}, 0)],
)  # fmt: skip
def test_a_contact_of_a_hop_lasts_from_0_05_s_to_the_longest(contact_s: float, asked: dict[str, float], n: int) -> None:
    assert len(hops(rebound(contact_s), **asked)) == n


@pytest.mark.parametrize(
    ("parts", "drops"),
    [
        ([(BW, 2.0), (0, 0.1), (2600, 0.2), (0, 0.3)], 1),
        ([(BW, 2.0), (0, 0.099), (2600, 0.2), (0, 0.3)], 0),
        ([(0, 0.05), (1200, 0.1), (2600, 0.1), (0, 0.3)], 1),  # the record begins in the fall
        ([(0, 0.4), (2600, 0.2), (0, 0.15)], 1),
        ([(0, 0.4), (2600, 0.2), (0, 0.149)], 0),
    ],
)
def test_a_drop_jump_has_an_unloaded_start_and_a_flight(parts: list[tuple[float, float]], drops: int) -> None:
    assert len(drop_jumps(held(*parts, (BW, 1.0)))) == drops
    rows = round(sum(seconds for _, seconds in parts) * 1000)
    assert len(drop_jumps(held(*parts, (BW, 1.0)).iloc[: rows + 1])) == drops
    assert "series" not in drop_jumps(held(*parts, (BW, 1.0)))


@pytest.mark.parametrize("gap", [slice(2650, 2750), slice(2799, 2899), slice(2551, 2651)])
def test_a_contact_that_a_gap_divides_from_its_flights_is_none(gap: slice) -> None:
    # The push is at the end of the contact, so that what is left of it alone is one.
    plate = held((BW, 2.0), (1.5 * BW, 0.3), (0, 0.3), (1500, 0.15), (2600, 0.05), (0, 0.3), (2000, 0.25), (BW, 1.5))
    assert len(hops(plate)) == 1
    assert len(hops(plate.drop(plate.index[gap]))) == 0
    assert len(hops(plate.drop(plate.index[gap]), gap_s=0.2)) == 1
    both = pd.concat([plate.drop(plate.index[gap]), plate.set_index(plate.index + pd.Timedelta(seconds=20))])
    assert len(hops(both)) == 1  # the next one is found


def test_a_flight_without_a_push_is_no_part_of_a_series() -> None:
    plate = held((BW, 2.0), (0, 0.3), (2600, 0.2), (0, 0.3), (2600, 0.2), (0, 0.3), (BW, 0.5), (0, 0.3), (BW, 1.0))
    assert (len(hops(plate)), len(drop_jumps(plate))) == (1, 1)


def test_the_first_contact_of_a_record_may_be_a_hop_of_the_first_series() -> None:
    found = hops(held((BW, 0.1), (2600, 0.05), (0, 0.3), (2600, 0.2), (0, 0.3), (2600, 0.2), (0, 0.3), (BW, 1.0)))
    assert found["series"].tolist() == [1.0, 1.0]
    assert found.index.name == "hop"


def test_a_series_is_weighed_in_the_window_that_is_asked_for() -> None:
    plate = held((BW, 1.0), (BW + 30, 1.0), (1.5 * BW, 0.3), (0, 0.3), (2600, 0.2), (0, 0.3), (2000, 0.25), (BW, 1.5))
    for find in (hops, drop_jumps, jumps):
        found = find(plate, window=(1.2, 1.8))
        assert found.attrs["window"] == [1.2, 1.8]
        assert found["body_weight_n"].tolist() == pytest.approx([BW + 30] * len(found))
    assert hops(plate, window=(1.2, 1.8))["weigh_s"].tolist() == [pytest.approx(0.6)]
    assert hops(plate, body_weight_n=700.0).attrs["body_weight_n"] == 700.0


def test_of_pieces_the_longest_weighing_counts_then_the_quietest() -> None:
    rough, fine = (BW + off * (np.arange(1000) % 2 - 0.5) for off in (6.0, 2.0))
    total = np.concatenate([fine[:400], rough, fine, fine[:300] + 9])
    s = np.arange(len(total)) / 1000 + np.repeat([0.0, 1.0, 2.0, 3.0], [400, 1000, 1000, 300])
    force = force_of(table(s, total), None, None)
    found = _of_pieces(force, 0, len(total))
    assert found == weighed(force, 1400, 2400)
    assert _of_pieces(force, 0, 1400) == weighed(force, 400, 1400)
    assert _of_pieces(force, 300, 1100) == weighed(force, 400, 1100)
    assert _of_pieces(force, 10, 60) is None


def test_who_jumps_again_is_weighed_since_the_last_flight() -> None:
    # The quietest second of all is before the first jump.
    uneven = 3.0 * (1 - 2 * (np.arange(1800) % 2))
    plate = held(
        (BW, 1.5), (300, 0.2), (1800, 0.3), (0, 0.3), (BW + 30, 1.8), (300, 0.2), (1800, 0.3), (0, 0.3), (BW, 1)
    )
    plate.iloc[2300:4100, 0] += uneven
    assert jumps(plate)["body_weight_n"].tolist() == pytest.approx([BW, BW + 30])


def test_who_steps_on_after_a_gap_is_weighed_since_then() -> None:
    plate = pd.concat([held((BW - 80, 1.5)), cmj().set_index(cmj().index + pd.Timedelta(seconds=5))])
    assert jumps(plate)["body_weight_n"].tolist() == [pytest.approx(BW, abs=0.1)]


def test_the_rows_of_a_jump_are_its_times() -> None:
    plate = cmj()
    plate.iloc[2900:3400] *= 1.05  # so that the landing ends
    found, total = jumps(plate).iloc[0], plate["total_force_n"].to_numpy()
    weighing, onset, braking, propulsion, takeoff, landing, stopped = rows_of(
        found, plate, "weighing onset braking propulsion takeoff landing stopped"
    )
    flown = np.flatnonzero(total < 20)
    assert (takeoff, landing) == (flown[0], flown[-1] + 1)
    lasting = np.diff([onset, braking, propulsion, takeoff, landing, stopped]) / 1000
    names = ["unweighting_s", "braking_s", "propulsion_s", "flight_s", "landing_s"]
    assert found[names].tolist() == pytest.approx(lasting.tolist(), abs=1e-9)
    assert 0 <= weighing <= braking - 1000
    assert found["peak_landing_force_n"] == total[landing : stopped + 1].max()
    assert rows_of(jumps(plate.iloc[:2600]).iloc[0], plate, "landing stopped") == [None, None]
    unquiet = jumps(cmj(at=1.45)).iloc[0]
    assert unquiet[["weighing", "onset", "stopped", "weigh_s"]].isna().all()


@pytest.mark.parametrize(("share", "found"), [(1.02, 1), (0.98, 0)])
def test_a_cut_flight_is_a_jump_by_the_velocity_of_the_shortest(share: float, found: int) -> None:
    # 0.15 s of flight begin with 0.7355 m/s.
    push_s, speed = 0.3, share * G * 0.15 / 2
    plate = held((BW, 1.5), (BW + BW / G * speed / push_s, push_s), (0.0, 0.1))
    cut = jumps(plate, kind="squat")
    assert len(cut) == found
    assert cut.attrs["stepped_off"] == 1 - found


@pytest.mark.parametrize("find", [jumps, drop_jumps, hops])
def test_a_table_says_what_it_is_and_what_made_it(find: Any) -> None:
    plate = rebound()
    plate.attrs["metric"] = "frame_stats"
    right = plate.copy()
    right.attrs["metric"] = "other"
    one, two = find(plate).attrs, find(plate, right, gap_s=0.06, flight_n=30.0).attrs
    known = {"metric": find.__name__, "flight_n": 20.0, "shortest_s": 0.15, "longest_s": 1.2, "least_n": 0.0,
             "most_n": 2600.0, "gap_s": 0.05, "window": None, "made_of": {"metric": "frame_stats"}}  # fmt: skip
    assert {name: one[name] for name in known} == known
    assert one["sampling_hz"] == pytest.approx(1000.0)
    if find is jumps:
        assert one["kind"] == "cmj"
        assert find(plate, kind="squat").attrs["kind"] == "squat"
    assert (two["flight_n"], two["gap_s"], two["most_n"]) == (30.0, 0.06, 5200.0)
    assert two["made_of"] == {"left": {"metric": "frame_stats"}, "right": {"metric": "other"}}
    assert {name for name in one if name.isupper()} == set()
    assert find(plate).index.name == ("hop" if find is hops else "jump")
    empty, single = find(plate.iloc[:0]), find(plate.iloc[:1])
    assert (empty.attrs["sampling_hz"], empty.attrs["least_n"], empty.attrs["most_n"]) == (None, None, None)
    assert (single.attrs["sampling_hz"], single.attrs["least_n"], single.attrs["most_n"]) == (None, BW, BW)
    assert empty.dtypes.astype(str).to_dict() == find(plate).dtypes.astype(str).to_dict()


@pytest.mark.parametrize("find", [jumps, drop_jumps, hops])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"window": (1.0, 1.0)}, "window: expected seconds from and, later, until, got (1.0, 1.0)"),
        ({"window": (0.0, np.inf)}, "window: expected seconds from and, later, until, got (0.0, inf)"),
        (
            {"window": (0.0, 1.0), "body_weight_n": 7.0},
            "window: expected none beside an entered body_weight_n, got both",
        ),
        ({"gap_s": 0.0}, "gap_s: expected a number above 0 s, got 0.0"),
        ({"flight_n": 0.0}, "flight_n: expected a number above 0 N, got 0.0"),
        ({"body_weight_n": 0.0}, "body_weight_n: expected a number above 0 N, got 0.0"),
    ],
)
def test_what_is_refused_is_named(find: Any, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidData) as refused:
        find(cmj(), **asked)
    assert (str(refused.value), refused.value.field) == (said, said.partition(":")[0])
