"""Times: whatever names a moment becomes whole µs, and nothing overflows or is silently missing."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

from barograph import Layout, Recording
from barograph.errors import InvalidData
from barograph.times import moment_us, whole_us

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
US = int(NOON.timestamp()) * 1_000_000
EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    "times",
    [
        [US], np.array([US]), np.array([US], np.uint64), (US,), pd.Series([US]), [NOON], [NOON.replace(tzinfo=None)],
        [NOON.astimezone(EAST)], np.array(["2024-05-01T12"], "M8[h]"), np.array(["2024-05-01T12"], "M8[ns]"),
        pd.DatetimeIndex(["2024-05-01 12:00"]), pd.DatetimeIndex(["2024-05-01 14:00"], tz=EAST),
        pd.Series(pd.DatetimeIndex(["2024-05-01 14:00"], tz=EAST)), [pd.Timestamp(NOON)],
    ],
)  # fmt: skip
def test_times_of_every_library_are_the_same_microsecond(times: Any) -> None:
    assert whole_us(times).tolist() == [US]
    assert Recording(np.zeros((1, 1, 1)), times, Layout(rows=1, cols=1)).times_us.tolist() == [US]


def test_what_is_finer_than_a_microsecond_is_cut_off() -> None:
    assert whole_us(np.array([1999, -1], "M8[ns]")).tolist() == [1, -1]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (np.array(["2024", "NaT"], "M8[us]"), "a time for every frame, got NaT at 1"),
        ([NOON, pd.NaT], "a time, got NaT"),
        (np.array([2**62], "M8[s]"), "times that fit 64 bits"),
        (np.array([2**63], np.uint64), "microseconds that fit 64 bits, got 9223372036854775808"),
        (np.array([2**50], "M8[D]"), "times that fit 64 bits"),
        ([0.5], "whole microseconds, got float64; np.rint"),
        (["2024-05-01"], "whole microseconds, got <U10"),
        ([NOON, 3], "whole microseconds, got datetime among them"),
        ([2**70], "whole microseconds, got int among them"),
    ],
)
def test_times_that_are_none_are_refused(times: Any, said: str) -> None:
    with pytest.raises(InvalidData, match=rf"\Atimes_us: expected {said}") as refused:
        whole_us(times)
    assert refused.value.field == "times_us"


@pytest.mark.parametrize("at", ["2024-05-01 12:00", "2024-05-01T14:00+02:00", NOON, np.datetime64("2024-05-01T12")])
def test_a_moment_is_a_text_or_a_time(at: Any) -> None:
    assert moment_us("start", at) == US
    assert moment_us("start", date(2024, 5, 1)) == US - 12 * 3600 * 10**6


@pytest.mark.parametrize("at", ["", "yesterday", True, 3, None, pd.NaT, np.datetime64("NaT"), object(), [1], "9" * 500])
def test_what_names_no_moment_is_refused_by_field(at: Any) -> None:
    with pytest.raises(InvalidData, match=r"\Astart: expected a time, got ") as refused:
        moment_us("start", at)
    assert len(str(refused.value)) < 100
