"""The documentation as a site: it builds strictly, each reader has a guide, nothing of it is loaded from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from barograph.cli import app
from dashboard.page import docs_site

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
READERS = ("Scientist", "Analyst", "Athlete", "Administrator", "Device maker")
TOPICS = ("Protocol", "Architecture", "Security", "Decisions")
LOADED = re.compile(r'<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)="((?:https?:)?//[^"]+)"')


def build(where: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip('no mkdocs: pip install "barograph[docs]"')
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(config), "--site-dir"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(
        [*command, str(where)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("docs") / "site"
    done = build(where)
    assert done.returncode == 0, done.stdout + done.stderr
    return where


def test_each_reader_and_each_topic_has_its_place_and_each_page_is_in_it() -> None:
    nav = YAML(typ="safe").load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    titles = [next(iter(entry)) for entry in nav]
    assert titles == ["Start", *READERS, *TOPICS]
    text = str(nav)
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if path.parent.name != "decisions"]
    assert [page for page in pages if f"'{page}'" not in text] == []


def test_every_page_is_built_and_none_loads_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 120
    found = {str(page.relative_to(site)): LOADED.findall(page.read_text("utf-8")) for page in pages}
    assert {name: links for name, links in found.items() if links} == {}
    assert (site / "decisions/index.html").read_text("utf-8").count("<li>") > 90
    assert (site / "search/search_index.json").stat().st_size > 100_000


def test_styles_name_no_other_server(site: Path) -> None:
    styles = [path.read_text("utf-8") for path in site.rglob("*.css")]
    assert styles
    assert [
        found for text in styles for found in re.findall(r"url\(['\"]?(?:https?:)?//[^)]+\)|@import[^;]+", text)
    ] == []


def test_the_dashboard_sends_what_was_built(site: Path) -> None:
    page = docs_site.found(site.resolve(), "guides/analyst")
    assert page is not None
    assert b"For analysts" in page.content
    assert "'sha256-" in page.policy


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("[gone](gone.md)")
    text = config[: config.index("\nnav:")].replace("docs_dir: docs", f"docs_dir: {tmp_path / 'docs'}")
    (tmp_path / "mkdocs.yml").write_text(re.sub(r"hooks: .*\n", "", text))
    done = build(tmp_path / "site", tmp_path / "mkdocs.yml")
    assert done.returncode == 1
    assert "gone.md" in done.stdout + done.stderr


@pytest.mark.parametrize("guide", sorted((DOCS / "guides").glob("*.md")), ids=lambda path: path.stem)
def test_commands_in_the_guides_can_be_read(guide: Path) -> None:
    text = guide.read_text("utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    said = [line for line in (*lines, *re.findall(r"`(barograph [^`]+)`", text)) if line.startswith("barograph ")]
    for line in said:
        _, name, *arguments = shlex.split(line)
        command = app.commands[name]
        while (commands := getattr(command, "commands", None)) and arguments:
            command, arguments = commands[arguments[0]], arguments[1:]
        command.make_context(name, arguments, resilient_parsing=False)
