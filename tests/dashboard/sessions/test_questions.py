"""A look at the beginning of a text through a map, and what the answers to a question would mean."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import numpy as np
import pytest
from quart import Quart

from dashboard.sessions import questions, uploads

TABLE = "Zeit [s];Kraft;L1;L2;L3;L4;Temp\n" + "".join(
    f"{i / 100:.2f};{0.1 * (4 * i + 6):.1f};{i};{i + 1};{i + 2};{i + 3};31\n".replace(".", ",") for i in range(20)
)


@pytest.fixture
def client(memory_archive):
    app = Quart(__name__)
    uploads.register(app, memory_archive, 1 << 20)
    questions.register(app)
    return app.test_client()


async def looked(client, text: str, said: object = None, **more: str) -> dict[str, object]:
    query = {**({} if said is None else {"map": json.dumps(said)}), **more}
    answer = await client.post("/import/look", headers={"X-Barograph-Import": urlencode(query)}, data=text.encode())
    return await answer.get_json()


async def test_a_look_drafts_a_map_and_shows_what_comes_of_it(client):
    found = await looked(client, TABLE)
    assert (found["names"], found["width"]) == (["Zeit [s]", "Kraft", "L1", "L2", "L3", "L4", "Temp"], 7)
    assert found["lines"][1] == {"line": 3, "words": ["0,01", "1,0", "1", "2", "3", "4", "31"]}
    assert found["map"]["cells"]["first"] == "L1"
    result = found["result"]
    assert (result["frames"], result["top"], result["largest"]) == (20, 19, 22)
    assert result["picture"] == [[19, 20, 21, 22]]
    assert result["curve"][1][:2] == [6, 10]
    assert result["force"]["off_pct"] < 1e-9
    assert result["force"]["area_cm2"] is None  # counts have none
    again = await looked(client, TABLE, {**found["map"], "rows": 2, "cols": 2, "unit": "kPa"})
    assert again["result"]["picture"] == [[19, 20], [21, 22]]
    assert again["result"]["force"]["area_cm2"] == pytest.approx(1)
    assert "rows = 2" in again["toml"]


async def test_a_look_says_which_line_does_not_fit_and_which_words_are_no_numbers(client):
    found = await looked(client, TABLE + "0,20;1;1;lost;3;4;31\n0,21;1;1;lost;3;4;31\n")
    assert found["error"] == "line 22: expected column 4: a number, or one of '', 'nan', got 'lost'"
    assert found["words"] == [{"word": "lost", "n": 2, "line": 22}]
    mended = await looked(client, TABLE + "0,20;1;1;lost;3;4;31\n", {**found["map"], "missing": ["", "nan", "lost"]})
    assert mended["result"]["frames"] == 21
    back = await looked(client, TABLE + "0,10;1;1;2;3;4;31\n")
    assert "line 22: time steps back by 0.09 s: a gap, both parts are kept" in back["result"]["doubts"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ([], "map: expected a JSON object"),
        ({"form": "square", "rows": 1, "cols": 1}, "form: expected one of frames"),
        ({"form": "frames", "rows": 1, "cols": 1, "speed": 1}, "speed: no such entry"),
    ],
)
async def test_a_wrong_map_is_named(client, said, message):
    found = await looked(client, TABLE, said)
    assert message in (found.get("error") or found["message"])


async def test_a_text_without_a_table_says_so_and_a_large_one_is_refused(client):
    assert "expected lines of numbers" in (await looked(client, "no numbers\nat all\n"))["error"]
    answer = await client.post("/import/look", data=b"1;2;3\n" * 200_000)
    assert answer.status_code == 413


async def test_ten_thousand_columns_are_one_run_of_cells_of_which_the_first_are_shown(client):
    names = ",".join(f"c{k}" for k in range(10_000))
    found = await looked(client, f"t,{names}\n" + "".join(f"{i},{','.join(['1'] * 10_000)}\n" for i in range(4)))
    assert (found["width"], found["map"]["cols"], found["map"]["cells"]["first"]) == (10_001, 10_000, "c0")
    assert [len(one["words"]) for one in found["lines"]] == [400] * 4
    assert found["result"]["frames"] == 4


async def test_a_question_has_the_largest_value_and_a_picture_of_it(client, tmp_path):
    np.savez(tmp_path / "walkway.npz", np.arange(60, dtype=np.uint16).reshape(5, 3, 4))
    answer = await client.post("/import?name=walkway.npz", data=(tmp_path / "walkway.npz").read_bytes())
    told = json.loads((await answer.get_data(as_text=True)).splitlines()[-1])
    assert told["asks"] == ["rate", "pitch", "unit"]
    assert told["peak"] == 59
    assert told["picture"] == np.arange(48, 60).reshape(3, 4).tolist()
