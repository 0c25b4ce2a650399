"""What set-up and image install: all by hash, of the pinned versions; another file under a version is refused."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path
from types import ModuleType

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"([A-Za-z0-9._-]+)==(\S+?)(?: ; ([^\\]+))?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f".ci/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOCK = script("lock")


def pins(name: str) -> dict[str, str]:
    """Return what a lock has, by name; of what it has twice, the version that is for this Python."""
    text = (ROOT / name).read_text("utf-8")
    _, _, body = text.partition("\n")
    assert LINE.sub("", body) == "", "each line is a version and hashes, and no registry is named"
    found = [(canonicalize_name(one[1]), one[2], one[3]) for one in LINE.finditer(body)]
    here = {one: version for one, version, marker in found if marker is None or Marker(marker).evaluate()}
    return {one: version for one, version, _ in found} | here


def constrained() -> dict[str, str]:
    """Return the version that constraints.txt has of each package for this Python."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    asked = [Requirement(line) for line in lines if line and not line.startswith("#")]
    here = [one for one in asked if one.marker is None or one.marker.evaluate()]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in here}


@pytest.mark.parametrize("name", LOCK.LOCKS)
def test_a_lock_is_of_what_is_asked_for_and_of_the_versions_that_are_pinned(name: str) -> None:
    extras = LOCK.LOCKS[name]
    assert LOCK.made_of(extras) in (ROOT / name).read_text("utf-8").partition("\n")[0], f"{name} is stale: `make lock`"
    locked, pinned = pins(name), constrained()
    assert {one: version for one, version in locked.items() if pinned.get(one, version) != version} == {}
    asked = [Requirement(one) for one in LOCK.asked(extras)]
    assert [str(one) for one in asked if locked.get(canonicalize_name(one.name), "") not in one.specifier] == []


@pytest.mark.parametrize("name", LOCK.LOCKS)
def test_a_lock_has_all_that_its_packages_bring_here(name: str) -> None:
    locked = pins(name)
    there = {canonicalize_name(one.name): one for one in distributions()}
    lacking = {
        f"{one}: {needed.name}"
        for one in locked.keys() & there.keys()
        for needed in brought(there[one])
        if canonicalize_name(needed.name) not in locked
    }
    assert lacking == set()


def brought(one: Distribution) -> list[Requirement]:
    asked = map(Requirement, one.requires or ())
    return [each for each in asked if each.marker is None or each.marker.evaluate({"extra": ""})]


def test_nothing_is_installed_without_its_hash() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    installs = re.findall(r"pip --python \S+ install .*", dockerfile)
    assert [bool(re.search("--require-hashes|--no-deps --no-index --no-build-isolation", one)) for one in installs] == [
        True, True, True, True,
    ]  # fmt: skip
    recipe = re.search(r"^\$\(STAMP\): .*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert recipe
    assert "pip install" not in recipe[1]
    assert "$(PY) .ci/install.py" in recipe[1]


def test_the_image_copies_what_may_be_copied() -> None:
    let = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text("utf-8"), re.M)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.M)
    assert {name for names in copied for name in names.split()} == set(let)


def wheel(folder: Path, text: str) -> str:
    """Write a package of one module; its hash."""
    folder.mkdir()
    about = "lockedthing-1.0.dist-info/"
    path = folder / "lockedthing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lockedthing.py", text)
        archive.writestr(about + "METADATA", "Metadata-Version: 2.1\nName: lockedthing\nVersion: 1.0\n")
        archive.writestr(about + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(about + "RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def installed(room: Path, registry: Path, line: str) -> subprocess.CompletedProcess[str]:
    (room / "some.txt").write_text(line)
    given = {
        "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(registry),
        "PIP_TARGET": str(room / "target"), "PIP_NO_CACHE_DIR": "1",
    }  # fmt: skip
    command = [sys.executable, ROOT / ".ci/install.py", "--locked", room / "some.txt"]
    return subprocess.run(command, env=os.environ | given, capture_output=True, text=True, check=False)


def test_another_file_under_the_same_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    ours = wheel(tmp_path / "ours", "said = 'ours'\n")
    wheel(tmp_path / "changed", "said = 'changed'\n")
    line = f"lockedthing==1.0 --hash=sha256:{ours}\n"
    ran = installed(tmp_path, tmp_path / "changed", line)
    assert ran.returncode == 1
    assert "lockedthing" in ran.stderr
    assert "Nothing was installed: under the versions above, the package registry serves other files" in ran.stderr
    assert not (tmp_path / "target").exists()
    ran = installed(tmp_path, tmp_path / "ours", line)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "target/lockedthing.py").read_text() == "said = 'ours'\n"


def test_a_version_that_the_registry_lacks_is_said_in_other_words(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = installed(tmp_path, tmp_path / "empty", f"lockedthing==1.0 --hash=sha256:{'0' * 64}\n")
    assert ran.returncode == 1
    assert ran.stderr.endswith("pip's own message is above.\n")
    assert "other files" not in ran.stderr


def test_each_lock_that_an_image_installs_has_a_bill() -> None:
    installed = re.findall(r"--require-hashes --requirement (\S+)", (ROOT / "Dockerfile").read_text("utf-8"))
    assert sorted(script("sbom").IMAGES.values()) == sorted(installed)


@pytest.mark.parametrize(("kind", "lock"), script("sbom").IMAGES.items())
def test_the_bill_of_an_image_has_what_its_python_installs_and_nothing_for_another(kind: str, lock: str) -> None:
    entries = re.findall(r"^(\S+)==(\S+)(.*)$", script("sbom").of_image(kind), re.M)
    names = [name for name, _, _ in entries]
    assert len(names) == len(set(names)), "a package is there in one version"
    assert {rest for _, _, rest in entries} == {" \\"}, "no marker is left, and hashes follow"
    assert set(names) <= set(pins(lock))
    assert len(names) >= len(pins(lock)) - 3


def test_an_audit_names_weaknesses_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    audit = script("audit")
    weak = {"name": "thing", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}
    other = {"name": "other", "version": "2", "vulns": []}
    told = '{"dependencies": %s}'
    assert audit.report(told % repr([weak, other]).replace("'", '"')) == 1
    assert capsys.readouterr().out.splitlines() == [
        "thing 1.0: CVE-1, mended in 1.1", "2 packages of locked.txt: 1 known weaknesses",
    ]  # fmt: skip
    assert audit.report(told % repr([other]).replace("'", '"')) == 0
    capsys.readouterr()
    unknown = {"name": "thing", "skip_reason": "not found"}
    assert audit.report(told % repr([unknown]).replace("'", '"')) == 3, (
        "a mirror that knows of no weakness clears nothing"
    )
    assert "Not audited" in capsys.readouterr().out
    assert audit.report(told % repr([unknown, weak]).replace("'", '"')) == 1
