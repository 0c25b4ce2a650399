"""The house in order: what the README and the project's files say is what is there, and the other way round."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import click
import pytest

import barograph
from barograph import settings
from barograph.access.needs import need_of, require_declared
from barograph.access.principals import Access
from barograph.cli import app
from barograph.settings import Settings, variable
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from dashboard.app import create_app as dashboard_app
from ingest.app import create_app as ingest_app

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = ("barograph", "analytics", "ingest", "dashboard")
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
MAX_LINES, MAX_BODY_LINES = 400, 45


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def commands() -> dict[str, click.Command]:
    return {name: command for name, command in app.commands.items() if not command.hidden}


def lines_of(command: str) -> list[str]:
    """The README's shell lines that begin with `command`."""
    return [line for line in README.splitlines() if line.startswith(command)]


def test_the_readme_lists_every_setting_with_its_meaning_and_no_other() -> None:
    rows = re.findall(r"^\| `(BAROGRAPH_\w+)` \| .* \| (.+) \|$", README, re.M)
    assert dict(rows) == {variable(name): field.description for name, field in Settings.model_fields.items()}


def test_the_readme_lists_every_command_and_no_other() -> None:
    assert set(re.findall(r"^\| `barograph (\w+)` \|", README, re.M)) == set(commands())


@pytest.mark.parametrize("line", lines_of(".venv/bin/barograph"))
def test_a_command_line_in_the_readme_can_be_read_by_the_command(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    commands()[name].make_context(name, arguments)


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_explains_itself_and_each_of_its_options(name: str) -> None:
    command = commands()[name]
    assert command.help
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def every_command(group: click.Group) -> dict[str, click.Command]:
    inside = {name: every_command(one) for name, one in group.commands.items() if isinstance(one, click.Group)}
    plain = {name: one for name, one in group.commands.items() if name not in inside}
    return plain | {f"{name} {each}": one for name, found in inside.items() for each, one in found.items()}


def test_whatever_can_be_asked_for_declares_what_it_needs(tmp_path: Path) -> None:
    """Applications require it of routes, pages, callbacks and messages when they are made."""
    chosen = settings.load(data_dir=tmp_path)
    for make, door in ((dashboard_app, "dashboard"), (ingest_app, "ingest")):
        make(chosen, MemoryArchive(), MemoryLive(), Access(chosen, door))
    require_declared("commands", {name: need_of(one.callback) for name, one in every_command(app).items()})


def test_the_readme_lists_what_make_makes() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.M)
    assert phony is not None
    targets = set(phony[1].split())
    for target in targets:
        assert re.search(rf"^{target}:", MAKEFILE, re.M), target
    assert set(re.findall(r"`?make ([\w-]+)", README)) - {"it"} == targets - {"help", "clean"}


def test_the_continuous_integration_runs_the_tests_and_nothing_else() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "exec make test"


def test_the_tests_begin_with_the_checks() -> None:
    recipe = re.search(r"^test: setup\n((?:\t.+\n)+)", MAKEFILE, re.M)
    assert recipe is not None
    first, second = recipe[1].replace("\\\n\t", "").splitlines()
    assert "! $(PY) .ci/check.py;" in first, "all of the checks"
    assert second.split()[:3] == ["$(PY)", "-m", "pytest"]


@pytest.mark.parametrize(("fails", "tested"), [("nothing", True), ("check", False), ("system_packages", False)])
def test_the_tests_wait_for_checks_and_packages_and_do_not_begin_when_one_fails(
    fails: str, tested: bool, tmp_path: Path
) -> None:
    slow = "[[ $1 == *system_packages* ]] && sleep 0.3"
    (python := tmp_path / "python").write_text(
        f'#!/bin/bash\n{slow}\necho "$@" >> {tmp_path}/said\n[[ $1 != *{fails}* ]]\n'
    )
    python.chmod(0o755)
    ran = subprocess.run(["make", "-o", "setup", f"PY={python}", "test"], cwd=ROOT, capture_output=True, check=False)
    said = (tmp_path / "said").read_text().splitlines()
    assert sorted(said[:2]) == [".ci/check.py", ".ci/system_packages.py"]
    assert [line.startswith("-m pytest ") for line in said[2:]] == [True] * tested
    assert (ran.returncode == 0) == tested


def test_hooks_before_a_commit_are_the_checks_and_need_no_network() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    source = ast.parse((ROOT / ".ci/check.py").read_text("utf-8"))
    checks = next(node.value for node in source.body if ast.unparse(node).startswith("CHECKS = "))
    assert re.findall(r"\bid: (\w+), .*--only (\w+), ", text) == [(name, name) for name in ast.literal_eval(checks)]
    assert re.findall(r"repo: (\S+)", text) == ["local"]


def test_packages_of_node_are_pinned_and_name_no_registry() -> None:
    asked = json.loads((ROOT / "package.json").read_text("utf-8"))["devDependencies"]
    assert [name for name, version in asked.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    text = (ROOT / "package-lock.json").read_text("utf-8")
    packages = json.loads(text)["packages"]
    assert packages[""]["devDependencies"] == asked
    assert [name for name, one in packages.items() if name and "integrity" not in one] == []
    assert re.findall(r'"resolved"|registry\.', text) == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in sources(*PACKAGES)}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_constraints_are_versions_and_cover_what_the_project_asks_for() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pin = r'[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+(; python_version (<|>=) "3\.\d+")?'
    assert [line for line in lines if not re.fullmatch(pin, line)] == []
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]
    names = {re.split(r"[\[<>=;! ]", one)[0].lower() for one in wanted}
    assert names - pinned == {"barograph"}, "one extra has another in it"


def test_the_version_has_one_source_and_is_newer_than_what_the_changelog_closed() -> None:
    assert "version" not in PROJECT["project"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["setuptools"]["dynamic"] == {"version": {"attr": "barograph.__version__"}}
    closed = [tuple(map(int, one.split("."))) for one in re.findall(r"^## \[(\d+\.\d+\.\d+)\]", CHANGELOG, re.M)]
    numbers, dev, _ = barograph.__version__.partition(".dev")
    assert closed == sorted(closed, reverse=True)
    assert (tuple(map(int, numbers.split("."))) > closed[0]) is bool(dev)


def test_the_changelog_has_the_form_that_it_names() -> None:
    kinds = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
    first, *versions = re.split(r"^## ", CHANGELOG, flags=re.M)
    assert first.startswith("# Changelog\n")
    assert versions[0].startswith("[Unreleased]\n"), "new lines go under [Unreleased]"
    for version in versions:
        title, _, text = version.partition("\n")
        assert re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", title), title
        found = re.findall(r"^### (.+)$", text, re.M)
        once = (
            f"{title}: each once, in this order (where a merge doubled them, take main's file and add your lines again)"
        )
        assert found == [kind for kind in kinds if kind in found], once


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_has_a_title_a_status_a_date_and_the_same_three_parts(path: Path) -> None:
    number, text = int(path.name[:4]), path.read_text("utf-8")
    head = re.match(
        rf"# {number}\. [^\n]+\n\n"
        r"- Status: (accepted(?:, amended by decision (\d+))?|superseded by decision (\d+))\n"
        r"- Date: (20\d\d-[01]\d-[0-3]\d)\n\n\*\*Context\.\*\* ",
        text,
    )
    assert head, (
        f"{path.name} has to begin with these lines: '# {number}. Title', blank, '- Status: accepted', "
        "'- Date: 2026-01-31' (the day it was decided), blank, '**Context.** …'"
    )
    date.fromisoformat(head[4])
    later = [int(each) for each in head.group(2, 3) if each]
    assert [each for each in later if not number < each <= len(DECISIONS)] == [], "changed by a later decision"
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.M) == ["Context", "Decision", "Consequence"]


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md", "docs/security.md"])
def test_a_page_for_developers_names_files_that_are_there(name: str) -> None:
    named = re.findall(r"`([\w.-]+/[\w./-]+\.[a-z]+)`", (ROOT / name).read_text("utf-8"))
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_every_promise_of_security_names_the_test_that_holds_it() -> None:
    items = re.split(r"^(?=- |#)", (ROOT / "docs/security.md").read_text("utf-8"), flags=re.M)
    promises = [item for item in items if item.startswith("- **")]
    assert len(promises) > 20
    assert [promise[:80] for promise in promises if not re.search(r"`tests/[\w/]+\.(py|mjs)`", promise)] == []


def test_whoever_opens_an_archive_of_mongodb_opens_it_sealed() -> None:
    opening = {
        str(path.relative_to(ROOT)) for path in sources(*PACKAGES) if "MongoArchive.connect(" in path.read_text()
    }
    # Backups make and migrate collections, and read no field that is sealed.
    backups = {"barograph/cli/backups.py", "barograph/store/mongo/backup/restoring.py"}
    assert opening == {"barograph/store/mongo/sealed.py", *backups}


def test_the_code_of_a_term_and_the_glossary_name_each_other() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| `([^`]+)` \|$", (ROOT / "docs/glossary.md").read_text("utf-8"), re.M)
    assert [term for term, *_ in rows] == sorted(term for term, *_ in rows)
    there = {(term, file) for term, _, file in rows}
    named = {
        (term.strip(), str(path.relative_to(ROOT)))
        for path in sources(*PACKAGES)
        for terms in re.findall(r"Terms: ([^()]+) \(docs/glossary\.md\)", path.read_text("utf-8"))
        for term in terms.split(",")
    }
    assert named == there


@pytest.mark.parametrize("path", sources(*PACKAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = body[-1].end_lineno - body[0].lineno + 1 if body and body[-1].end_lineno else 0
            assert length <= MAX_BODY_LINES, f"{node.name}: {length} lines"


def test_files_of_the_browser_stay_small() -> None:
    modules = [
        path for path in sorted((ROOT / "dashboard/assets").rglob("*.*")) if path.suffix in (".mjs", ".js", ".css")
    ]
    assert modules
    assert {path.name: lines for path in modules if (lines := path.read_text("utf-8").count("\n")) > MAX_LINES} == {}


def test_no_test_folder_is_a_package_that_would_shadow_ours() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_committed_file_knows_the_machine_it_was_written_on() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    home = str(ROOT) + "/"
    texts = {name: (ROOT / name).read_bytes() for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    assert [name for name, content in texts.items() if home.encode() in content] == []
