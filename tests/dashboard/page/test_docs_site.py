"""The documentation at `/docs`: the files of the site and no others, by a policy that loads nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dashboard.page import docs_site

HERE: Any = {"client": ("127.0.0.1", 4242)}
HEADERS = {"Host": "127.0.0.1:8050"}
SCRIPT = "var here = 1;"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "secret.txt").write_text("not of the site")
    folder = tmp_path / "site"
    (folder / "guides/analyst").mkdir(parents=True)
    (folder / "index.html").write_text(f'<script>{SCRIPT}</script><script type="application/json">1</script>')
    (folder / "guides/analyst/index.html").write_text("for analysts")
    (folder / "search.js").write_text("1")
    (folder / "out").symlink_to(tmp_path / "secret.txt")
    monkeypatch.setattr(docs_site, "PLACES", (tmp_path / "nowhere", folder))
    return folder


@pytest.fixture
async def ask(app, access) -> Any:
    client = app.test_client()
    token = access.new_link("http://127.0.0.1:8050").rpartition("/")[2]
    await client.post(f"/login/{token}", headers=HEADERS, scope_base=HERE)

    async def get(path: str, **more: str) -> Any:
        return await client.get(path, headers=HEADERS | more, scope_base=HERE)

    return get


async def test_pages_and_files_of_the_site_are_sent(ask, site: Path) -> None:
    assert (await ask("/docs")).headers["Location"] == "/docs/"
    start = await ask("/docs/")
    assert start.content_type == "text/html; charset=utf-8"
    assert SCRIPT in await start.get_data(as_text=True)
    assert (await ask("/docs/guides/analyst")).headers["Location"] == "/docs/guides/analyst/"
    assert await (await ask("/docs/guides/analyst/")).get_data() == b"for analysts"
    assert (await ask("/docs/search.js")).content_type.startswith(("text/javascript", "application/javascript"))
    again = await ask("/docs/", **{"If-None-Match": start.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["out", "../secret.txt", "%2e%2e/secret.txt", "/etc/passwd", "nothing", "guides"])
async def test_what_is_not_of_the_site_is_not_sent(ask, site: Path, name: str) -> None:
    answer = await ask(f"/docs/{name}")
    assert answer.status_code in (303, 308, 403, 404)
    assert b"not of the site" not in await answer.get_data()


async def test_scripts_that_stand_in_a_page_are_allowed_by_their_hash_and_nothing_from_elsewhere(
    ask, site: Path
) -> None:
    policy = (await ask("/docs/")).headers["Content-Security-Policy"]
    (scripts,) = re.findall(r"script-src ([^;]+)", policy)
    assert scripts == "'self' 'sha256-81PWe9cOWHZ4IQZhlnOId+UcVTi3erExsDT/+jpVGI8='"
    assert "http" not in policy
    assert "default-src 'none'" in policy


async def test_where_it_was_not_built_a_page_says_how(ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs_site, "PLACES", (tmp_path / "nowhere",))
    start = await ask("/docs/")
    assert start.status_code == 200
    assert "make docs" in await start.get_data(as_text=True)
    assert (await ask("/docs/guides/analyst/")).status_code == 404


async def test_nobody_reads_it_who_has_not_come_in(app, site: Path) -> None:
    assert (await app.test_client().get("/docs/", headers=HEADERS, scope_base=HERE)).status_code == 403
