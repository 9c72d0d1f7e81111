"""The directive ``cli``: every command, argument and option of a typer program, read from the program itself.

Its argument is ``MODULE:APP``.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def load(where: str) -> Any:
    """Return the program that a directive names."""
    place, _, name = where.partition(":")
    return typer.main.get_command(getattr(importlib.import_module(place), name))


def commands(command: Any, program: str) -> Iterator[tuple[str, Any]]:
    """Yield a program and what is under it, each with what is typed for it."""
    yield program, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{program} {name}")


class Cli(SphinxDirective):
    """One section a command: usage, what it does, its arguments and options."""

    required_arguments = 2  # which program, and what is typed for it
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        where, program = self.arguments
        command = load(where)
        return [self._section(path, one) for path, one in commands(command, program)]

    def _section(self, path: str, command: Any) -> nodes.section:
        name = nodes.make_id(path)
        section = nodes.section("", nodes.title("", path), ids=[name], names=[path])
        context = command.context_class(command, info_name=path)
        usage = command.get_usage(context).removeprefix("Usage: ")
        section += nodes.literal_block(usage, " ".join(usage.split()), language="text")
        section += [nodes.paragraph("", "", *_text(part)) for part in (command.help or "").split("\n\n") if part]
        if entries := [_entry(*record) for p in command.params if (record := p.get_help_record(context))]:
            section += nodes.definition_list("", *entries, classes=["options"])
        return section


def _entry(names: str, meaning: str) -> nodes.definition_list_item:
    term = nodes.term("", "", nodes.literal("", names))
    return nodes.definition_list_item("", term, nodes.definition("", nodes.paragraph("", "", *_text(meaning))))


def _text(text: str) -> list[nodes.Node]:
    parts = re.split(r"`([^`]+)`", " ".join(text.split()))
    return [nodes.literal("", p) if i % 2 else nodes.Text(p) for i, p in enumerate(parts) if p]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("cli", Cli)
    return {"parallel_read_safe": True}
