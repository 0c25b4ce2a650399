"""The words of the code: names are the field's standard terms, the same thing has the same name everywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path for name in ("barograph", "analytics", "ingest", "dashboard") for path in (ROOT / name).rglob("*.py")
)
# Names that were given up, and the standard word that each gave way to.
GIVEN_UP = {
    "Asked": "…Query", "Wish": "PartQuery", "wish": "query", "wished": "query", "comparewish": "compare_query",
    "Compared": "CompareQuery", "Kept": "ResultCache", "Said": "what it holds", "Past": "what it holds",
    "Household": "supervisor", "household": "supervisor", "Family": "Processes", "keep_house": "supervise",
    "live_through": "run_while_all_live", "obituary": "cause",
}  # fmt: skip
RIDDLES = {
    "bent to": "DNS rebinding", "has no principal": "a request without a principal",
    "a row a measure": "one row per measure",
    "a row a stream": "one row per stream",
    "a row a region": "one row per region", "a row a frame": "one row per frame",
}  # fmt: skip


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every name that code gives or uses, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.rpartition(".")[2], node.lineno


def test_names_that_were_given_up_do_not_come_back() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name} is {GIVEN_UP[name]} now"
        for path in FILES
        for name, line in names(ast.parse(path.read_text("utf-8")))
        if name in GIVEN_UP
    ]
    assert found == []


@pytest.mark.parametrize("riddle", RIDDLES)
def test_prose_says_the_usual_term(riddle: str) -> None:
    texts = [*FILES, ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    assert [str(path) for path in texts if riddle in path.read_text("utf-8")] == [], f"say: {RIDDLES[riddle]}"
