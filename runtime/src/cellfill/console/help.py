"""What --help says of a command: its options in groups, what most people need first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand

# Options that say no group of their own; --help is among them.
_OTHERS = "Options"


def write_groups(formatter: Any, rows: Iterable[tuple[str | None, tuple[str, str]]], others: str) -> None:
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
        write_groups(formatter, [(group, row) for group, row in found if row is not None], _OTHERS)
