"""What --help says of a command: its options in groups, what most people need first."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from typer.core import TyperCommand

from cellfill.errors import UsageError
from cellfill.options.option import GROUPS

# Options that say no group of their own; --help is among them.
_OTHERS = "Options"
_TYPED = "cellfill.typed"
# Flags of which a person can mean one alone, by the names of their parameters.
_CONTRARY = (("quiet", "verbose"), ("overwrite", "skip_existing"))


@dataclass(frozen=True, slots=True)
class Shown:
    """What --help says of an option that is not the same in every call."""

    text: str
    group: str
    default: str


# Of what a person typed, by the names of the parameters: what --help says of those options that depend on it; an
# option that is not there does not belong to such a call.
Depends: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Shown]]


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
    """A command whose options stand under the headings of their ``rich_help_panel``.

    Where its function has an attribute ``depending``, names of options and a `Depends`, these are said as what was
    typed beside --help makes them.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep what was typed; refuse flags that contradict each other.

        Raises
        ------
        UsageError
            When there are such.
        """
        ctx.meta[_TYPED] = list(args)
        left = super().parse_args(ctx, args)
        for pair in _CONTRARY:
            if all(ctx.params.get(name) for name in pair):
                flags = {parameter.name: parameter.opts[0] for parameter in self.get_params(ctx)}
                raise UsageError(f"{flags[pair[0]]} and {flags[pair[1]]} contradict each other: give one of them.")
        return left

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options; those without a heading come last."""
        parameters = self.get_params(ctx)
        names, depends = getattr(self.callback, "depending", ((), None))
        if depends is not None:
            said = depends(self._typed(ctx))
            parameters = [_said(p, said.get(p.name)) for p in parameters if p.name not in names or p.name in said]
            parameters.sort(key=_place)
        found = [(_heading(parameter), parameter.get_help_record(ctx)) for parameter in parameters]
        write_groups(formatter, [(group, row) for group, row in found if row is not None], _OTHERS)

    def _typed(self, ctx: Any) -> Mapping[str, Any]:
        """Return what was typed on the whole line, not checked: options are read up to --help alone."""
        typed: Mapping[str, Any] = self.make_parser(ctx).parse_args(list(ctx.meta.get(_TYPED, ())))[0]
        return typed


def _place(parameter: Any) -> int:
    heading = _heading(parameter)
    return -1 if heading == "Arguments" else GROUPS.index(heading) if heading in GROUPS else len(GROUPS)


def _said(parameter: Any, shown: Shown | None) -> Any:
    if shown is None:
        return parameter
    changed = copy.copy(parameter)
    changed.help, changed.rich_help_panel = f"{shown.text} [default: {shown.default}]", shown.group
    return changed
