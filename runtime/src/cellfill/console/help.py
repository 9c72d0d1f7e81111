"""What --help says: commands and options in groups, what most people need first, no summary cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

# Options that say no group of their own; --help is among them.
_OTHERS = "Options"


def _write(formatter: Any, rows: Iterable[tuple[str | None, tuple[str, str]]], others: str) -> None:
    """Write rows of a name and what it is for under the headings of their groups, in the order of their coming."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for group, row in rows:
        groups.setdefault(group or others, []).append(row)
    last = groups.pop(others, None)
    for heading, lines in (*groups.items(), *([(others, last)] if last else [])):
        with formatter.section(heading):
            formatter.write_dl(lines)


def _heading(parameter: Any) -> str | None:
    return "Arguments" if parameter.param_type_name == "argument" else getattr(parameter, "rich_help_panel", None)


class GroupedOptions(TyperCommand):
    """A command whose options stand under the headings of their ``rich_help_panel``."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options; those without a heading come last."""
        found = [(_heading(parameter), parameter.get_help_record(ctx)) for parameter in self.get_params(ctx)]
        _write(formatter, [(group, row) for group, row in found if row is not None], _OTHERS)


class GroupedCommands(TyperGroup):
    """A program whose commands stand under the headings of their ``rich_help_panel``, with whole summaries."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, the first sentence of each whole."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (getattr(command, "rich_help_panel", None), (name, command.get_short_help_str(limit=1000)))
            for name, command in commands
            if command is not None and not command.hidden
        ]
        _write(formatter, rows, "Commands")
