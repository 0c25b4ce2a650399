"""What a test day allows and what follows from it, and that no order of events loses a frame or counts one twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph import protocols
from barograph.errors import InvalidData, NotFound, Refused
from barograph.protocols import Protocol
from barograph.store.test_day_commands import NAMES, command_of
from barograph.store.test_day_queue import missing
from barograph.store.test_day_rules import Situation, at, done
from barograph.store.test_days import DayPart, TestDay

T0, S = 1_790_000_000_000_000, 1_000_000
STANCE = Protocol("stance", "Stance", "Stand.", sides=("left", "right"), trials=1, duration_s=5.0, countdown_s=3.0)
JUMP = Protocol("jump", "Jump", "Jump.", trials=2, countdown_s=0.0)
KNOWN = {"stance": STANCE, "jump": JUMP}


class Played:
    """A test day that is asked one thing after the other."""

    def __init__(self, *athletes: str, stations: tuple[str, ...] = ("A",), names: tuple[str, ...] = ("stance", "jump")):
        self.day = TestDay("d" * 14, "Monday", T0)
        self.locked: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.ask(0, "add_athletes", athletes=list(athletes))
        self.ask(0, "choose_protocols", protocols=list(names))
        for name in stations:
            self.ask(0, "station_add", station=name)
            self.ask(0, "station_link", station=name, workout_id=f"device-{name}")
        self.ask(0, "next", station=stations[0])

    def ask(self, at_s: float, name: str, **more: Any) -> TestDay:
        asked = Situation(T0 + round(at_s * S), "u", self.locked, self.owners, KNOWN.__getitem__)
        self.day = done(self.day, command_of({"command": name, **more}), asked)
        return self.day

    def refused(self, at_s: float, name: str, **more: Any) -> str:
        before = self.day
        with pytest.raises(Refused) as error:
            self.ask(at_s, name, **more)
        assert self.day is before
        return str(error.value)

    @property
    def a(self):
        return self.day.stations[0]

    def times(self) -> list[tuple[float, float, str]]:
        return [((one.start_us - T0) / S, (one.stop_us - T0) / S, one.state) for one in self.day.parts]


def test_a_trial_goes_from_setup_over_countdown_and_running_to_review_and_on_to_what_is_next():
    play = Played("ada", "ben")
    assert (play.a.athlete, play.a.protocol, play.a.side, play.a.phase) == ("ada", 0, "left", "setup")
    play.ask(10, "start", station="A")
    assert (play.a.phase, play.a.go_us) == ("countdown", T0 + 13 * S)
    assert at(play.day, T0 + 13 * S - 1) == play.day
    running = at(play.day, T0 + 13 * S).stations[0]
    assert (running.phase, running.start_us) == ("running", T0 + 13 * S)
    assert at(play.day, T0 + 400 * S).stations[0].at_us == T0 + 18 * S, "it ended when it was over, not when one looked"
    play.ask(400, "judge", station="A", decision="accept", part=1)
    assert (play.a.athlete, play.a.protocol, play.a.side, play.a.phase) == ("ada", 0, "right", "setup")
    assert play.times() == [(13, 18, "accepted")]


def test_who_is_next_follows_the_order_of_the_day():
    play, seen = Played("ada", "ben"), []
    for order in ("athlete", "test"):
        play = Played("ada", "ben")
        play.ask(0, "arrange", order=order)
        seen.append([])
        for i in range(1, 20):
            if not play.a.athlete:
                break
            seen[-1].append(f"{play.a.athlete} {KNOWN[play.day.protocols[play.a.protocol].name].name} {play.a.side}")
            play.ask(20 * i, "start", station="A")
            play.ask(20 * i + 8.5, "stop", station="A")
            play.ask(20 * i + 9, "judge", station="A", decision="accept")
        assert [one.state for one in play.day.queue] == ["done", "done"]
        assert missing(play.day, "ada") == []
    mine = ["stance left", "stance right", "jump both", "jump both"]
    assert seen[0] == [f"{who} {what}" for who in ("ada", "ben") for what in mine]
    assert seen[1] == [
        "ada stance left", "ben stance left", "ada stance right", "ben stance right", "ada jump both", "ada jump both",
        "ben jump both", "ben jump both",
    ]  # fmt: skip


def test_repeated_and_rejected_trials_are_asked_for_again_and_more_than_is_wanted_does_no_harm():
    play = Played("ada", names=("jump",))
    for i, decision in enumerate(("repeat", "reject", "accept", "accept")):
        play.ask(10 * i, "start", station="A")
        play.ask(10 * i + 5, "stop", station="A")
        play.ask(10 * i + 6, "judge", station="A", decision=decision, reason="" if decision != "reject" else "fell")
        assert play.a.athlete == ("ada" if i < 3 else "")
    assert [one.state for one in play.day.parts] == ["repeated", "rejected", "accepted", "accepted"]
    play.ask(60, "choose", station="A", athlete="ada", protocol=0)
    play.ask(60, "start", station="A")
    play.ask(62, "stop", station="A")
    play.ask(63, "judge", station="A", decision="accept")
    assert play.day.queue[0].state == "done"


def test_two_scientists_cannot_start_the_same_athlete_twice():
    play = Played("ada", "ben", stations=("A", "B"))
    play.ask(1, "start", station="A", key="one")
    assert play.refused(1, "start", station="A", key="two") == "A: the countdown runs; start is not possible now"
    assert "this athlete is at A, where the countdown runs" in play.refused(2, "choose", station="B", athlete="ada",
                                                                           protocol=1)  # fmt: skip
    play.ask(2, "start", station="A", key="one")
    play.ask(2, "next", station="B")
    assert (play.day.stations[1].athlete, play.day.stations[1].phase) == ("ben", "setup")
    play.ask(5, "start_over", station="A")
    play.ask(5, "choose", station="B", athlete="ada", protocol=1)
    assert (play.a.athlete, play.day.stations[1].athlete) == ("", "ada"), "who waits elsewhere is taken from there"
    assert "choose an athlete first" in play.refused(6, "start", station="A")


def test_stop_pressed_twice_is_one_stop_and_a_trial_may_be_very_short():
    play = Played("ada", names=("jump",))
    play.ask(1, "start", station="A")
    play.ask(1.2, "stop", station="A", key="x")
    first = play.day
    assert play.ask(1.3, "stop", station="A", key="x") == first
    assert play.ask(1.4, "stop", station="A", key="y").parts == first.parts
    assert play.times() == [(1, 1.2, "recorded")]
    assert play.refused(2, "start", station="A") == "A: the last trial is to be judged first; start is not possible now"
    play.ask(2, "judge", station="A", decision="accept", key="z")
    assert "no trial runs here" in play.refused(3, "stop", station="A")


def test_the_athlete_does_not_change_while_a_trial_runs_or_waits_to_be_judged():
    play = Played("ada", "ben", names=("jump",))
    play.ask(1, "start", station="A")
    for name, more in (("choose", {"athlete": "ben", "protocol": 0}), ("next", {}), ("pause", {}),
                       ("station_link", {"workout_id": "x"}), ("station_remove", {})):  # fmt: skip
        assert "a trial runs here" in play.refused(2, name, station="A", **more)
    assert "a trial of this athlete is at A" in play.refused(2, "remove_athlete", athlete="ada")
    play.ask(3, "stop", station="A")
    assert "is to be judged first" in play.refused(4, "choose", station="A", athlete="ben", protocol=0)
    play.ask(4, "judge", station="A", decision="reject", reason="it was ben")
    play.ask(5, "choose", station="A", athlete="ben", protocol=0)
    play.ask(5, "remove_athlete", athlete="ada")
    assert [(one.athlete, one.state) for one in play.day.queue] == [("ada", "left"), ("ben", "waiting")]
    with pytest.raises(NotFound, match="not in the queue"):
        play.ask(6, "choose", station="A", athlete="ada", protocol=0)
    play.ask(7, "add_athletes", athletes=["ada"])
    assert [(one.athlete, one.number) for one in play.day.queue] == [("ada", 1), ("ben", 2)]


def test_a_late_judgement_is_of_the_trial_that_was_looked_at():
    play = Played("ada", names=("jump",))
    for i in (0, 1):
        play.ask(10 * i, "start", station="A")
        play.ask(10 * i + 1, "stop", station="A")
        if not i:
            play.ask(10 * i + 2, "judge", station="A", decision="accept", part=1)
    assert play.refused(12, "judge", station="A", decision="reject", reason="no", part=1) == (
        "A: this trial was accepted already; judge it again by its number"
    )
    before = play.day
    assert play.ask(12, "judge", station="A", decision="accept", part=1).parts == before.parts
    assert play.a.phase == "review"
    with pytest.raises(NotFound, match="part 9"):
        play.ask(12, "judge", station="A", decision="accept", part=9)
    with pytest.raises(InvalidData, match="reason: expected why"):
        play.ask(12, "judge", station="A", decision="reject")


def test_a_trial_is_judged_again_and_asked_for_again():
    play = Played("ada", names=("jump",))
    play.ask(0, "start", station="A", flagged="body weight 8 % off")
    play.ask(1, "stop", station="A")
    assert "waits for its first judgement" in play.refused(1, "rejudge", part=1, decision="accept")
    play.ask(2, "judge", station="A", decision="accept")
    assert play.day.parts[0].reason == "body weight 8 % off", "a flag stays with a trial that is accepted"
    play.day = replace(play.day, parts=(replace(play.day.parts[0], settled=True),))
    play.ask(3, "rejudge", part=1, decision="reject", reason="hands left the hips")
    (part,) = play.day.parts
    assert (part.state, part.reason, part.settled) == ("rejected", "hands left the hips", False)
    assert missing(play.day, "ada") != []
    with pytest.raises(NotFound, match="part 7"):
        play.ask(3, "rejudge", part=7, decision="accept")


def test_clocks_that_are_apart_move_no_trial():
    for said_s, stop_s in ((2.5, 2.5), (-3600, 3), (9, 3), (1, 1), (None, 3)):
        play = Played("ada", names=("jump",))
        play.ask(1, "start", station="A")
        play.ask(3, "stop", station="A", at_us=None if said_s is None else T0 + round(said_s * S))
        assert play.times() == [(1, stop_s, "recorded")], said_s
    late = Played("ada", names=("jump",))
    late.ask(1, "start", station="A")
    assert late.ask(0, "stop", station="A").parts[0].stop_us == T0 + S, "no trial ends before it began"


def test_a_trial_begins_when_the_page_said_go_also_where_the_server_heard_of_it_seconds_later():
    for said_s, heard_s, go_s in ((20, 20, 23), (20, 24, 23), (20, 30, 23), (20, 31, 34), (25, 24, 27), (9, 12, 15)):
        play = Played("ada")
        play.ask(10, "pause", station="A")
        play.ask(10, "resume", station="A")
        play.day = replace(play.day, stations=(replace(play.a, at_us=T0 + 10 * S),))
        play.ask(heard_s, "start", station="A", at_us=T0 + said_s * S)
        assert at(play.day, T0 + 40 * S).parts[0].start_us == T0 + go_s * S, (said_s, heard_s)
    after = Played("ada", names=("jump",))
    after.ask(1, "start", station="A")
    after.ask(3, "stop", station="A")
    after.ask(4, "judge", station="A", decision="accept")
    after.ask(5, "start", station="A", at_us=T0 + round(2.5 * S))
    assert after.a.start_us == T0 + 5 * S, "nothing begins before the trial before it was judged"


def test_start_over_keeps_what_ran_and_a_countdown_leaves_nothing():
    play = Played("ada")
    play.ask(0, "start", station="A")
    play.ask(1, "start_over", station="A")
    assert (play.a.phase, play.day.parts) == ("setup", ())
    play.ask(2, "start", station="A")
    play.ask(7, "start_over", station="A")
    play.ask(7, "start_over", station="A")
    assert play.times() == [(5, 7, "rejected")]
    assert (play.day.parts[0].reason, play.a.athlete, play.a.phase) == ("started over", "ada", "setup")


def test_who_may_not_be_recorded_is_locked_and_left_out_by_next():
    play = Played("ada", "ben")
    play.locked = {"ada": "the consent was withdrawn"}
    assert "may not be recorded: the consent was withdrawn" in play.refused(1, "start", station="A")
    assert play.ask(1, "next", station="A").stations[0].athlete == "ben"
    play.locked = dict.fromkeys(("ada", "ben"), "no")
    assert play.ask(1, "next", station="A").stations[0].athlete == ""


def test_a_station_is_paused_linked_and_of_one_athlete():
    play = Played("ada", stations=("A", "B"))
    play.ask(0, "start", station="A")
    play.ask(1, "pause", station="A")
    assert (play.a.phase, play.a.paused) == ("setup", True)
    assert "paused" in play.refused(2, "start", station="A")
    play.ask(2, "resume", station="A")
    assert "these devices are at A" in play.refused(2, "station_link", station="B", workout_id="device-A")
    play.ask(2, "station_link", station="A", workout_id="device-A", devices=["left", "right"])
    play.ask(2, "station_link", station="B", workout_id="device-A", devices=["plate"])
    play.owners = {"device-A": "ben"}
    assert "is another athlete's" in play.refused(3, "start", station="A")
    play.owners = {"device-A": "ada"}
    play.ask(3, "start", station="A")
    play.ask(7, "stop", station="A")
    assert (play.day.parts[0].workout_id, play.day.parts[0].devices) == ("device-A", ("left", "right"))
    play.ask(8, "judge", station="A", decision="accept")
    play.ask(9, "station_link", station="A", workout_id="")
    assert "link a device first" in play.refused(9, "start", station="A")


def test_a_protocol_that_is_dropped_or_deleted_while_in_use_stays_readable():
    play = Played("ada")
    play.ask(0, "start", station="A")
    left = dict(KNOWN)
    del left["stance"]
    asked = Situation(T0 + S, known=left.__getitem__)
    again = command_of({"command": "choose_protocols", "protocols": ["jump", "stance"]})
    play.day = done(play.day, again, asked)
    assert [one.name for one in play.day.protocols] == ["jump", "stance"]
    assert play.a.protocol == 1, "the station goes on with the protocol that it had"
    assert "a trial of stance is at A" in play.refused(1, "choose_protocols", protocols=["jump"])
    play.ask(20, "judge", station="A", decision="accept")
    play.ask(21, "choose", station="A", athlete="ada", protocol=1, side="right")
    play.ask(21, "choose_protocols", protocols=["jump"])
    assert [(one.name, one.dropped) for one in play.day.protocols] == [("jump", False), ("stance", True)]
    assert play.day.protocols[1].protocol == STANCE
    assert play.a.athlete == "", "what is wanted no more is chosen nowhere"
    with pytest.raises(InvalidData, match="protocol: expected the place of one of 2 protocols"):
        play.ask(22, "choose", station="A", athlete="ada", protocol=1)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ([], "command: expected an object"),
        ({"command": "dance"}, "command: expected one of add_athletes"),
        ({"command": "start"}, "start: .*station"),
        ({"command": "start", "station": "A", "speed": 3}, "start: .*speed"),
        ({"command": "start", "station": "A", "key": "k" * 65}, "key: expected 0 to 64"),
        ({"command": "start", "station": "A", "flagged": "x" * 201}, "flagged: expected 0 to 200"),
        ({"command": "station_add", "station": ""}, "station: expected 1 to 40"),
        ({"command": "move", "athlete": "ada", "to": 5}, "to: expected 0 to 1"),
        ({"command": "choose", "station": "A", "athlete": "ada", "protocol": 0}, "side: expected one of left, right"),
        ({"command": "choose", "station": "A", "athlete": "ada", "protocol": 0, "side": "both"}, "side: expected one"),
        ({"command": "judge", "station": "A", "decision": "perhaps"}, "judge: .*perhaps"),
        ({"command": "station_link", "station": "A", "workout_id": "a/b"}, "workout_id: expected printable"),
    ],
)
def test_what_is_wrong_is_named(command, message):
    play = Played("ada", "ben")
    with pytest.raises(InvalidData, match=message):
        play.day = done(play.day, command_of(command), Situation(T0, known=KNOWN.__getitem__))


def test_every_command_can_be_asked_for():
    assert len(NAMES) == 17
    play = Played("ada", "ben", "cleo")
    play.ask(0, "move", athlete="cleo", to=0)
    assert [one.athlete for one in play.day.queue] == ["cleo", "ada", "ben"]
    assert protocols.named("cmj").steps == [("hands on hips", "both")]


def test_two_hundred_trials_of_one_athlete_are_kept_apart():
    play = Played("ada", names=("jump",))
    for i in range(200):
        play.ask(2 * i, "start", station="A")
        play.ask(2 * i + 1, "stop", station="A")
        play.ask(2 * i + 1, "judge", station="A", decision="repeat")
    assert len(play.day.parts) == 200
    require_apart(play.day.parts)


def require_apart(parts: tuple[DayPart, ...]) -> None:
    """Parts of one athlete share no frame, nor do those of one station: no frame is in two trials of a step."""
    for what in ("athlete", "station"):
        for name in {getattr(one, what) for one in parts}:
            mine = sorted((one.start_us, one.stop_us) for one in parts if getattr(one, what) == name)
            assert all(later[0] > earlier[1] for earlier, later in pairwise(mine)), (what, name, mine)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["start", "stop", "judge", "start_over", "crash", "next", "choose", "pause", "resume", "look"]),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["ada", "ben"]),
        st.integers(-2_000_000, 9_000_000),
        st.booleans(),
    ),
    max_size=40,
)


@given(EVENTS)
def test_no_order_of_events_puts_a_frame_into_two_trials_or_loses_one(events):
    """The model: a moment at which a station ran is in exactly one part of it, and in none where it did not run."""
    play = Played("ada", "ben", stations=("A", "B"))
    now_us, kept = T0, play.day
    ran: dict[str, list[int]] = {"A": [], "B": []}
    for name, station, athlete, step_us, again in events:
        now_us += step_us  # a clock may go back a little
        if name == "crash":  # what was not written is lost, and what was written is read again
            play.day = kept
            continue
        try:
            if name == "look":
                play.day = at(play.day, now_us)
            else:
                more = {"judge": {"decision": "accept" if again else "repeat"},
                        "choose": {"athlete": athlete, "protocol": int(again), "side": "left" if not again else "both"},
                        }.get(name, {})  # fmt: skip
                play.ask((now_us - T0) / S, name, station=station, **more)
        except Refused:
            continue
        for one in play.day.stations:
            if one.phase in ("running", "review") and one.start_us not in ran[one.name]:
                ran[one.name].append(one.start_us)
        kept = play.day
        require_apart(play.day.parts)
    for one in play.day.stations:
        begun = [part.start_us for part in play.day.parts if part.station == one.name]
        begun += [one.start_us] if one.phase == "running" else []
        assert set(ran[one.name]) <= set(begun), "each trial that ran is kept"
        assert len(begun) == len(set(begun))
    assert all(part.start_us <= part.stop_us for part in play.day.parts)
    assert [part.part for part in play.day.parts] == list(range(1, len(play.day.parts) + 1))
    assert replace(play.day, parts=()).recorded == len(play.day.parts)
