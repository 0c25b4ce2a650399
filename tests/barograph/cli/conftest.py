"""Commands on an archive of the real MongoDB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from barograph.cli import app
from barograph.servers.embedded import Servers


@pytest.fixture
def command(servers: Servers, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs a command on a fresh archive, in a directory of the test's own."""
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", servers.mongo_url)
    monkeypatch.setenv("BAROGRAPH_DATABASE", database)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="barograph")

    return run
