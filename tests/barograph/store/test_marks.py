"""The argument of `barograph.store.marks`, tried out: writers and sweepers in every order, stopped at any step."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.frames import Stream
from barograph.store.marks import Marks

GRACE_S = 30.0
RUN = Stream("run", "left")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Second:
    """One second as MongoDB holds it: its frames, and its row with the mark in it."""

    def __init__(self) -> None:
        self.frames = 0
        self.row = 0
        self.mark: tuple[int, float] | None = None
        self.marks_set = 0

    def set_mark(self, since: float) -> None:
        self.marks_set += 1
        self.mark = (self.marks_set, since)


def writing(second: Second, marks: Marks) -> Iterator[None]:
    """An append, step by step; between any two steps anything may happen and any time may pass."""
    touched = {RUN: [0]}
    fresh = marks.older(touched, GRACE_S / 3)
    yield
    if fresh:
        since = marks.now()
        yield
        second.set_mark(since)
        yield
        marks.keep(fresh, since)
    yield
    second.frames += 1
    yield
    if late := marks.older(touched, GRACE_S * 2 / 3):
        since = marks.now()
        yield
        second.set_mark(since)
        yield
        marks.keep(late, since)


def sweeping(second: Second, clock: Clock) -> Iterator[None]:
    """A refresh, step by step: the mark, then the frames, then row and unmarking in one."""
    mark = second.mark
    if mark is None or mark[1] > clock.now - GRACE_S:
        return
    yield
    n = second.frames
    yield
    if second.mark == mark:
        second.row, second.mark = n, None


Moves = list[tuple[str, int, int]]

moves = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 1), st.integers(1, 10)),
        st.tuples(st.just("sweep"), st.integers(0, 1), st.integers(1, 4)),
        st.tuples(st.just("wait"), st.just(0), st.sampled_from([1, 9, 11, 25, 100])),
    ),
    max_size=14,
)


class House:
    """Two processes that write and two that sweep, one second of one stream."""

    def __init__(self) -> None:
        self.clock, self.second = Clock(), Second()
        self.marks = [Marks(GRACE_S, self.clock) for _ in range(2)]
        self.going: dict[tuple[str, int], Iterator[None]] = {}

    def move(self, what: str, which: int, steps: int) -> None:
        """Go on with a write or a sweep for so many steps, or begin the next one; or let time pass."""
        if what == "wait":
            self.clock.now += steps
            return
        for _ in range(steps):
            going = self.going.get((what, which))
            if going is None:
                write, sweep = writing(self.second, self.marks[which]), sweeping(self.second, self.clock)
                going = self.going[what, which] = write if what == "write" else sweep
            if next(going, "done") == "done":
                del self.going[what, which]
                return

    def settle(self) -> None:
        """Let everything that was begun come to its end."""
        while self.going:
            for what, which in list(self.going):
                self.move(what, which, 1)


@settings(max_examples=1500, deadline=None)
@given(moves)
def test_a_row_without_a_mark_counts_every_frame(schedule: Moves) -> None:
    house = House()
    for move in schedule:
        house.move(*move)
    house.settle()
    assert house.second.mark is not None or house.second.row == house.second.frames


def test_a_second_is_marked_once_while_its_mark_is_young() -> None:
    clock = Clock()
    marks = Marks(GRACE_S, clock)
    touched = {RUN: [7, 8]}
    assert marks.older(touched, 10) == {RUN: [7, 8]}
    marks.keep({RUN: [7]}, clock.now)
    assert marks.older(touched, 10) == {RUN: [8]}
    clock.now += 9.9
    assert marks.older({RUN: [7]}, 10) == {}
    clock.now += 0.2
    assert marks.older({RUN: [7]}, 10) == {RUN: [7]}


def test_a_mark_from_the_future_is_not_relied_on() -> None:
    clock = Clock()
    marks = Marks(GRACE_S, clock)
    marks.keep({RUN: [7]}, clock.now)
    clock.now -= 3600
    assert marks.older({RUN: [7]}, 10) == {RUN: [7]}


def test_a_mark_that_was_taken_away_is_forgotten() -> None:
    clock = Clock()
    marks = Marks(GRACE_S, clock)
    marks.keep({RUN: [7]}, clock.now)
    marks.forget(RUN, [7, 8])
    assert marks.older({RUN: [7]}, 10) == {RUN: [7]}


def test_what_is_owed_is_owed_until_it_is_marked_again() -> None:
    clock = Clock()
    marks = Marks(GRACE_S, clock)
    marks.keep({RUN: [7, 8]}, clock.now)
    marks.owe({RUN: [7, 8]})
    assert marks.older({RUN: [7]}, 10) == {RUN: [7]}
    marks.keep({RUN: [7]}, clock.now)
    assert marks.owed(RUN) == [8]
    marks.drop(RUN)
    assert marks.owed(RUN) == []


def test_old_marks_take_no_memory() -> None:
    clock = Clock()
    marks = Marks(GRACE_S, clock)
    for second in range(10_000):
        clock.now += 1
        marks.keep({RUN: [second]}, clock.now)
    assert len(marks._set) <= GRACE_S + 1
