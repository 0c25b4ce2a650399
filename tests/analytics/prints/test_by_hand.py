"""Masks by hand: laid on prints wherever they lie and however they are turned, each loaded cell in one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from walkways import plate, treading, walking

from analytics import regions
from analytics.prints.footprints import prints_of
from analytics.prints.mean_print import MeanPrint, mean_print
from analytics.prints.measures import Measured, measured
from analytics.regions.by_hand import HandMasks, labelled
from barograph.errors import InvalidData
from barograph.frames import Layout, Recording

LAYOUT = plate(600, 2400)
WALK = treading(LAYOUT, walking(4, y=250, step_mm=560), 2.6)
ABOVE = LAYOUT.loaded_above
TURNED = {"as it is": WALK, "to the back": replace(WALK, frames=WALK.frames[:, ::-1, ::-1].copy())}


def of(recording: Recording, masks: list[HandMasks] | None = None) -> list[Measured]:
    return measured(prints_of(recording), ABOVE, masks or (), recording.layout)


def mean(prints: list[Measured], side: str = "right") -> MeanPrint:
    found = mean_print(prints, side, above=ABOVE)  # type: ignore[arg-type]
    assert found is not None
    return found


def numbers(one: Measured) -> np.ndarray:
    assert one.parts is not None
    assert (one.parts.shares.sum(axis=0) == one.cells).all()  # each cell of the print in one mask
    return (one.parts.shares * np.arange(1, 11)[:, None, None]).sum(axis=0)[one.cells]


FOUND = {name: of(one) for name, one in TURNED.items()}


def test_the_mean_print_is_upright_and_the_same_wherever_the_foot_went() -> None:
    one, back = (mean(FOUND[name]) for name in TURNED)
    assert (one.n, one.made, one.side) == (2, "automatic", "right")
    assert one.length_mm == pytest.approx(back.length_mm)
    assert one.values.shape == back.values.shape
    assert one.values == pytest.approx(back.values)
    assert (one.labels > 0).tolist() == (one.values > ABOVE).tolist()
    rows = [np.nonzero(one.labels == number)[0].mean() for number in (9, 6, 3, 1)]
    assert rows == sorted(rows)  # toes in front
    hallux, little = (np.nonzero(one.labels == number)[1].mean() for number in (4, 8))
    assert hallux < little  # a right foot's inner edge is at the left
    pti = mean_print(FOUND["as it is"], "right", "pti", ABOVE)
    assert pti is not None
    assert pti.values.sum() > 0
    assert mean_print(FOUND["as it is"][:0], "right") is None


def test_the_masks_of_the_mean_print_are_those_that_were_found() -> None:
    for name, recording in TURNED.items():
        prints = FOUND[name]
        hands = [mean(prints, side).masks(mean(prints, side).labels, "masks version 2 (by hand)")
                 for side in ("left", "right")]  # fmt: skip
        again = of(recording, hands)
        for one, two in zip(prints, again, strict=True):
            assert two.parts is not None
            assert two.parts.made == "masks version 2 (by hand)"
            assert (numbers(one) == numbers(two)).mean() > 0.85
            assert two.table is not None
            assert two.table.attrs["regions"] == "masks version 2 (by hand)"
        assert mean(again).made == "masks version 2 (by hand)"


def test_cells_that_are_given_to_another_mask_change_what_it_carried() -> None:
    prints, one = FOUND["as it is"], mean(FOUND["as it is"])
    labels = one.labels.copy()
    labels[labels == 10] = 9  # all toes are the hallux'
    hand = one.masks(labels, "masks version 2 (by hand)")
    before = [each for each in prints if each.side == "right"]
    after = [each for each in of(WALK, [hand]) if each.side == "right"]
    for was, now in zip(before, after, strict=True):
        assert was.table is not None
        assert now.table is not None
        impulse = [table.droplevel("stance")["impulse_ns"] for table in (was.table, now.table)]
        both = impulse[0][["hallux", "toes"]].sum()
        assert impulse[1]["hallux"] == pytest.approx(both, rel=0.08)
        assert now.table.droplevel("stance")["max_force_n"]["toes"] == 0 or np.isnan(
            now.table.droplevel("stance")["max_force_n"]["toes"]
        )
        assert impulse[1].sum() == pytest.approx(impulse[0].sum())
        assert now.values["cpei_pct"] == was.values["cpei_pct"]
        assert now.values["arch_index"] == pytest.approx(was.values["arch_index"], rel=0.1)
    wide = one.labels.copy()
    wide[np.isin(wide, (4, 5, 6))] = 9  # the ball is a toe: the toeless foot is shorter there
    smaller = next(each for each in of(WALK, [one.masks(wide, "x")]) if each.side == "right")
    assert smaller.values["arch_index"] != pytest.approx(before[0].values["arch_index"], rel=0.05)
    left = [each.parts.made for each in of(WALK, [hand]) if each.side == "left" and each.parts]
    assert all(made.startswith("foot found") for made in left)


def test_masks_for_one_print_are_of_its_cells_alone() -> None:
    found = prints_of(WALK)
    about = found[1][1]
    corner, size = found[1][0].corner, found[1][0].cells.shape
    labels = np.zeros(size, np.uint8)
    labels[: size[0] // 2], labels[size[0] // 2 :] = 9, 1
    hand = HandMasks(labels, about["side"], row=corner[0], col=corner[1], mark=about["mark"], made="masks version 3")
    made = of(WALK, [hand])
    assert [one.parts.made == "masks version 3" for one in made if one.parts] == [False, True, False, False]
    assert set(numbers(made[1])) == {1, 9}
    rows = np.nonzero(made[1].cells)[0]
    assert ((rows < size[0] // 2) == (numbers(made[1]) == 9)).all()


def test_labels_of_an_insole_are_its_regions() -> None:
    layout = Layout(rows=4, cols=3, kind="insole", side="right", pitch_mm=(5, 5), mask=(0, *[1] * 11))
    labels = np.array([[9, 10, 10], [4, 5, 6], [3, 3, 3], [1, 1, 2]], np.uint8)
    made = labelled(layout, labels, "masks version 2 (by hand)")
    assert (made.names, made.made) == (regions.FOUND, "masks version 2 (by hand)")
    assert made.of("hallux").sum() == 0  # the cell does not exist
    assert made.of("toes").sum() == 2
    assert (made.shares.sum(axis=0) == layout.valid).all()
    for wrong, message in ((labels[:2], "expected .* uint8"), (labels.astype(float), "expected .* uint8"),
                           (labels + 9, "numbers to 10, got 19")):  # fmt: skip
        with pytest.raises(InvalidData, match=message):
            labelled(layout, wrong)
