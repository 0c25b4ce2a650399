"""A part that ends by itself is started again, a bounded number of times, ever later; and it is said and noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from barograph.cli import restarting
from barograph.cli.processes import ChildDied, Part, Processes
from barograph.cli.restarting import PAUSES_S, WELL_S, Deaths, Register, cause
from barograph.servers import restarts
from barograph.servers.restarts import Restarts


def test_pauses_grow_and_end() -> None:
    deaths = Deaths("ingest")
    pauses = [deaths.count("killed by SIGKILL", 1.0) for _ in range(len(PAUSES_S) + 1)]
    assert pauses == [*PAUSES_S, None]
    assert list(PAUSES_S) == sorted(set(PAUSES_S))
    assert f"{len(PAUSES_S)} times" in deaths.given_up()
    assert "killed by SIGKILL" in deaths.given_up()


def test_whoever_ran_well_begins_a_new_row() -> None:
    deaths = Deaths("ingest")
    for _ in range(100):
        assert [deaths.count("code 1", ran_s) for ran_s in (WELL_S, 1.0)] == [PAUSES_S[0], PAUSES_S[1]]


@pytest.mark.parametrize(
    ("code", "said"),
    [(-9, "killed by SIGKILL"), (3, "ended with code 3"), (0, "ended with code 0"), (-99, "signal 99")],
)
def test_the_cause_is_said_by_name(code: int, said: str) -> None:
    assert said in cause(code)


def test_restarts_are_said_counted_and_forgotten_with_the_next_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register = Register(tmp_path)
    for in_a_row in (1, 2):
        said = register.tell("ingest", "killed by SIGKILL", in_a_row, 0.5)
        assert said in capsys.readouterr().err
    noted = restarts.noted(tmp_path)
    assert (noted["ingest"].count, noted["ingest"].reason) == (2, "killed by SIGKILL")
    assert (tmp_path / restarts.FILE).stat().st_mode & 0o777 == 0o600
    Register(tmp_path)
    assert restarts.noted(tmp_path) == {}


@pytest.mark.parametrize("content", ["", "[]", '{"ingest": 3}', "\0"])
def test_a_note_that_cannot_be_read_is_as_good_as_none(content: str, tmp_path: Path) -> None:
    (tmp_path / restarts.FILE).write_text(content)
    assert restarts.noted(tmp_path) == {}
    restarts.note(tmp_path, {"ingest": Restarts(1, 2.0, "why")})
    assert json.loads((tmp_path / restarts.FILE).read_text())["ingest"]["count"] == 1


async def test_a_child_that_keeps_ending_is_given_up_with_its_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarting, "PAUSES_S", (0.0, 0.0))
    told: list[tuple[str, str, int]] = []

    def tell(name: str, how: str, in_a_row: int, pause_s: float) -> str:
        told.append((name, how, in_a_row))
        return f"again, the {in_a_row}. time"

    async with Processes(tmp_path) as processes:
        await processes.start(Part("odd", ["no-such-command"], {}))
        with pytest.raises(ChildDied, match=r"odd keeps ending: .*2 times.*code 2[\s\S]*No such command") as caught:
            await processes.keep(tell)
    assert told == [("odd", "ended with code 2", 1), ("odd", "ended with code 2", 2)]
    assert "again, the 2. time" in str(caught.value)
    log = (tmp_path / "odd.log").read_text("utf-8")
    assert log.count("No such command") == 3
    assert "again, the 1. time" in log
