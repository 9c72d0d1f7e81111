"""The code blocks of a Markdown page, as a reader meets them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from conftest import ROOT

_REASON = re.compile(r"<!--\s*not run:\s*(\S.*?)\s*-->", flags=re.S)
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "runtime" / "README.md",
    ROOT / "training" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


@dataclass(frozen=True)
class Block:
    """One block; what has no language is shell."""

    page: Path
    line: int
    language: str
    text: str
    reason: str = ""

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Return a page's blocks in their order, indented ones too; directives of the site are none."""
    found, reason = [], ""
    for token in MarkdownIt("commonmark").parse(page.read_text()):
        if token.type in ("fence", "code_block"):
            language = (token.info.split() or ["bash"])[0]
            if not language.startswith("{"):
                found.append(Block(page, token.map[0] + 1, language, token.content, reason))
            reason = ""
        elif token.type == "html_block":
            told = _REASON.match(token.content)
            reason = told[1] if told else ""
        elif token.nesting >= 0:
            reason = ""
    return found


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))
