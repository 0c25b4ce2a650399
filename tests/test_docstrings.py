"""A public function says in its docstring what it does, beginning with a verb: "Return the rows …", "Store blocks …".

Classes, properties and modules are things, so their docstrings say what they are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("barograph", "analytics", "ingest", "dashboard")
# The verbs in use. A new one is welcome here, in the imperative, where none of these says it.
VERBS = set(
    """
    Accept Add Allow Announce Answer Append Archive Arrange Ask Average Begin Bring Build Call Cast Change Check
    Choose Close Commit Compare Complete Compress Compute Convert Copy Count Cut Declare Decode Decompress Delete
    Destroy Differentiate Divide Do Draw Drop End Enter Erase Estimate Filter Find Finish Flush Follow Forget Give Go
    Hand Handle Hash Hear Ignore Import Insert Invite Judge Keep Leave Let List Look Make Mark Measure Move Name Note
    Open Pass Place Plan Press Print Provide Publish Put Queue Raise Read Record Refuse Remember Remove Render
    Renumber Replace Return Revoke Round Run Say Seal Send Serve Settle Share Show Sign Simulate Sort Spool Start
    Store Subtract Sum Summarise Take Tell Turn Unpack Use Wait Want Watch Withdraw Write Yield
    """.split()  # noqa: SIM905 - as a list it would be ninety lines
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public(body: list[ast.stmt]) -> Iterator[Function]:
    """Yield functions and methods that others may call, attributes apart."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public(node.body)
        elif isinstance(node, Function) and not node.name.startswith("_") and not attribute(node):
            yield node


def attribute(node: Function) -> bool:
    """Return True for what looks like an attribute to whoever uses it."""
    decorators = [ast.unparse(each) for each in node.decorator_list]
    return any("property" in each or each.endswith(".setter") for each in decorators)


def first_words(package: str) -> dict[str, str]:
    """Return the first word of each public function's docstring, by file and name."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in public(ast.parse(path.read_text("utf-8")).body):
            if text := ast.get_docstring(node):
                found[f"{path.relative_to(ROOT)}: {node.name}"] = text.split(maxsplit=1)[0].rstrip(".,:;")
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_the_docstring_of_a_public_function_begins_with_a_verb(package: str) -> None:
    words = first_words(package)
    assert len(words) > 100
    assert {name: word for name, word in words.items() if word not in VERBS} == {}


def test_every_verb_of_the_list_is_in_use() -> None:
    assert {word for package in PACKAGES for word in first_words(package).values()} == VERBS
