"""What a Hub on loopback keeps: repositories with their whole history, branches, tags, and LFS objects."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

TOKEN = "hf_loopback"
_ATTRIBUTES = b"*.onnx filter=lfs diff=lfs merge=lfs -text\n"


@dataclass(frozen=True)
class File:
    """One file of one commit."""

    content: bytes
    lfs: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def blob(self) -> str:
        """Its git blob id; for an LFS file that of what it would be without LFS, which nothing compares."""
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.blob


@dataclass
class Repo:
    """One repository; old commits stay readable."""

    private: bool = False
    history: dict[str, Mapping[str, File]] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add({".gitattributes": File(_ATTRIBUTES)})

    @property
    def head(self) -> str:
        return self.commits[-1]

    @property
    def files(self) -> Mapping[str, File]:
        """The files of the newest commit."""
        return self.history[self.head]

    @property
    def published(self) -> dict[str, File]:
        """The files of the newest commit that someone pushed."""
        return {name: file for name, file in self.files.items() if name != ".gitattributes"}

    def add(self, files: Mapping[str, File]) -> str:
        """Make a commit of all these files."""
        text = "".join(f"{name} {file.sha256}\n" for name, file in sorted(files.items()))
        oid = hashlib.sha1(f"{self.commits[-1:]}{text}".encode()).hexdigest()
        self.history[oid] = dict(files)
        self.commits.append(oid)
        return oid

    def resolve(self, revision: str) -> str | None:
        """Return the commit that a branch, a tag, a commit or the beginning of one names."""
        if revision in ("main", "refs/heads/main"):
            return self.head
        if revision in self.tags:
            return self.tags[revision]
        found = [oid for oid in self.commits if len(revision) >= 7 and oid.startswith(revision)]
        return found[0] if found else None

    @property
    def card(self) -> dict[str, Any]:
        """The YAML head of README.md; empty where there is none."""
        readme = self.files.get("README.md")
        return card_of(readme.content.decode()) if readme else {}

    @property
    def labels(self) -> list[str]:
        """What the Hub files the model under, made of its card."""
        card = self.card
        named = [card.get("library_name"), card.get("pipeline_tag"), *card.get("tags", [])]
        labels = [label for label in named if label]
        return [*dict.fromkeys(labels), *([f"license:{card['license']}"] if "license" in card else [])]


def card_of(text: str) -> dict[str, Any]:
    """Return the YAML head of a card."""
    parts = text.split("---\n")
    return (yaml.safe_load(parts[1]) or {}) if text.startswith("---\n") and len(parts) > 2 else {}
