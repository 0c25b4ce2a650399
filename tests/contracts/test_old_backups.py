"""What each released version stored is restored and opened by this one, and reads as it did then."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from keyed import VARIABLE

import barograph
from barograph.servers.embedded import Servers
from barograph.store.mongo.backup.restoring import restore

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests/fixtures"
KEPT = sorted(path.parent for path in FIXTURES.glob("v*/backup.tar.xz"))


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fixtures_make", FIXTURES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fixtures_make"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("folder", KEPT, ids=lambda folder: folder.name)
def test_a_backup_of_then_is_restored_and_reads_as_it_did(
    folder: Path, maker: ModuleType, servers: Servers, new_database: str, tmp_path: Path, monkeypatch: Any
) -> None:
    directory, data_dir = tmp_path / "backup", tmp_path / "data"
    with tarfile.open(folder / "backup.tar.xz") as archive:
        archive.extractall(directory, filter="data")
    data_dir.mkdir(mode=0o700)
    shutil.copyfile(folder / "master.key", data_dir / "master.key")
    (data_dir / "master.key").chmod(0o600)
    monkeypatch.delenv(VARIABLE)
    made = restore(servers.mongo_url, new_database, 20.0, directory, compare=True)
    assert made.keys
    assert made.documents["frames"] > 0
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    with barograph.connect(servers.mongo_url, database=new_database, data_dir=data_dir) as lab:
        found = json.loads(json.dumps(maker.said_of(lab)))
    for workout, said in found["workouts"].items():
        for stream, numbers in said["streams"].items():
            then = expected["workouts"][workout]["streams"][stream]
            for name in ("values_max", "values_mean"):
                assert numbers.pop(name) == pytest.approx(then.pop(name), rel=1e-12)
    assert {"program": expected["program"], **found} == expected


def test_each_released_version_and_this_one_are_kept_and_are_small() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = re.findall(r"^## \[(\d+)\.(\d+)\.\d+\]", changelog, re.M)
    now = re.match(r"(\d+)\.(\d+)", barograph.__version__)
    assert now is not None
    kept = {path.name for path in FIXTURES.glob("v*") if any(path.glob("*.tar.xz"))}
    assert {f"v{major}_{minor}" for major, minor in (*released, now.groups())} <= kept
    for folder in KEPT:
        assert sum(path.stat().st_size for path in folder.iterdir()) <= 200_000
