"""What the site of the documentation needs beside docs/: pages made of other files, and links that lead out of docs/.

mkdocs loads it (mkdocs.yml). A link to a file of the source tree that is no page becomes its text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "README.md": "overview.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "reporting.md",
    "CHANGELOG.md": "changelog.md",
}  # fmt: skip
DECISIONS = "decisions/index.md"
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are made of files outside docs/, and the list of decisions."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text("utf-8")))
    files.append(File.generated(config, DECISIONS, content=decisions(ROOT / "docs/decisions")))
    return files


def decisions(folder: Path) -> str:
    """Return a page that lists all decisions, the newest first."""
    found = [(path.name, path.read_text("utf-8").partition("\n")[0].lstrip("# ")) for path in folder.glob("*.md")]
    lines = [f"- [{title}]({name})" for name, title in sorted(found, reverse=True)]
    said = "Why things are as they are: context, decision, consequence. The newest stands first."
    return "\n".join(["# Decisions", "", said, "", *lines, ""])


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links lead to where their files are in the site."""
    src = page.file.src_uri
    outside = {made: source for source, made in PAGES.items()}.get(src)
    base = posixpath.dirname(f"docs/{src}") if outside is None else ""

    def placed(found: re.Match[str]) -> str:
        picture, text, target = found.groups()
        if "://" in target or target.startswith(("#", "mailto:")):
            return found[0]
        path, mark, anchor = target.partition("#")
        source = posixpath.normpath(posixpath.join(base, path))
        made = PAGES.get(source) or (source.removeprefix("docs/") if source.startswith("docs/") else None)
        if made == "decisions":
            made = DECISIONS
        if made is None:
            return text if (ROOT / source).exists() else found[0]
        return f"{picture}[{text}]({posixpath.relpath(made, posixpath.dirname(src) or '.')}{mark}{anchor})"

    return LINK.sub(placed, markdown)
