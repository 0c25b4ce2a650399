from hypothesis import given
from hypothesis import strategies as st

from barograph.ranges import Ranges

span = st.tuples(st.integers(0, 60), st.integers(0, 60))


@given(st.lists(st.tuples(st.booleans(), span)), span)
def test_ranges_say_what_a_plain_set_says(steps, asked):
    ranges, numbers = Ranges(), set()
    for adding, (start, stop) in steps:
        (ranges.add if adding else ranges.remove)(start, stop)
        numbers = numbers | set(range(start, stop)) if adding else numbers - set(range(start, stop))
    assert [n for start, stop in ranges for n in range(start, stop)] == sorted(numbers)
    assert ranges.total == len(numbers)
    assert ranges.end == max(numbers, default=-1) + 1
    missing = [n for start, stop in ranges.missing(*asked) for n in range(start, stop)]
    assert missing == [n for n in range(*asked) if n not in numbers]
    first = asked[0]
    assert ranges.first_missing(first) == next(n for n in range(first, 200) if n not in numbers)


@given(st.lists(span))
def test_ranges_never_touch_each_other(spans):
    ranges = Ranges(spans)
    flat = [edge for pair in ranges for edge in pair]
    assert flat == sorted(set(flat))
