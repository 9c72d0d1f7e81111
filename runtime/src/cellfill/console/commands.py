"""Commands whose options are those of a call: each is declared once, and read here from its declaration."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import MISSING
from typing import Annotated, Any, TypeAlias

import typer

from cellfill.console.help import Depends
from cellfill.errors import UsageError
from cellfill.options.checks import Whole
from cellfill.options.declared import Declared, Options, declared_in
from cellfill.options.option import GROUPS, Shell

Run: TypeAlias = Callable[..., None]
# Beside a name that is part of another one, of a path, or of what a person gave.
_QUOTED = r"""[\w'"`./=-]"""


def command(kind: type[Options], /, *, without: tuple[str, ...] = ()) -> Callable[[Run], Run]:
    """Make a command of a function whose parameter ``options`` is a frozen object of options.

    The command has each of them, and what else the function takes; --help shows them by groups.

    Parameters
    ----------
    kind
        The class of the options.
    without
        Names of those that the command does not have.
    """
    return _commanded(kind, _parameter, lambda given: kind(**given), without)


def command_of_changes(
    kind: type[Options], depends: Depends, unchanged: Callable[[str], str], /
) -> Callable[[Run], Run]:
    """Make a command of a function whose parameter ``options`` holds those options that a person gave, by name.

    Parameters
    ----------
    kind
        The class of the options.
    depends
        What --help says of those options that a call has, by what else is typed.
    unchanged
        What an option is that is not given, in every call, by its name: for a page of all options.
    """

    def parameter(declared: Declared) -> inspect.Parameter:
        said = option(declared, more=f"[default: {unchanged(declared.name)}]", show_default=False, flags=())
        return inspect.Parameter(
            declared.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[declared.type | None, said],
        )

    def changes(given: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if value is not None}

    def made(function: Run) -> Run:
        run = _commanded(kind, parameter, changes, ())(function)
        run.depending = (tuple(declared.name for declared in declared_in(kind)), depends)  # type: ignore[attr-defined]
        return run

    return made


def _commanded(
    kind: type[Options],
    parameter: Callable[[Declared], inspect.Parameter],
    gather: Callable[[dict[str, Any]], Any],
    without: tuple[str, ...],
) -> Callable[[Run], Run]:
    declared = {d.name: d for d in declared_in(kind) if d.option.shell is not None and d.name not in without}

    def made(function: Run) -> Run:
        signature = inspect.signature(function, eval_str=True)
        own = [p for p in signature.parameters.values() if p.name != "options"]
        needed = [p for p in own if p.default is inspect.Parameter.empty]
        others = [p for p in own if p not in needed]
        every = sorted([*needed, *map(parameter, declared.values()), *others], key=_place)

        @functools.wraps(function)
        def run(**given: Any) -> None:
            values = {name: _parsed(declared[name], given.pop(name)) for name in declared}
            try:
                function(**given, options=gather(values))
            except UsageError as error:
                error.args = (_as_typed(str(error), declared.values()),)
                raise

        run.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in every]
        )
        run.__annotations__ = {p.name: p.annotation for p in every}
        return run

    return made


def option(
    declared: Declared, *, more: str = "", show_default: bool = True, flags: tuple[str, ...] | None = None
) -> Any:
    """Return an option as typer reads it.

    Parameters
    ----------
    declared
        The option.
    more
        What --help says after its text.
    show_default
        Whether --help says the default.
    flags
        Its names; by default that of its declaration, and of a truth that is false by default no --no-.
    """
    said, shell = declared.option, declared.option.shell or Shell()
    flag = shell.flag or _flag(declared.name)
    names = [flag] if shell.flag or declared.default is False else []  # of the others typer makes both, --no- too
    return typer.Option(
        *(names if flags is None else flags),
        help=" ".join(filter(None, (said.text, shell.more, more))),
        metavar=shell.metavar,
        min=said.check.least if isinstance(said.check, Whole) else None,
        show_default=show_default,
        rich_help_panel=said.group,
    )


def _parameter(declared: Declared) -> inspect.Parameter:
    shell, kind = declared.option.shell or Shell(), declared.type
    if shell.type is not None:
        kind = shell.type if declared.default is MISSING else shell.type | None
    return inspect.Parameter(
        declared.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if declared.default is MISSING else declared.default,
        annotation=Annotated[kind, option(declared)],
    )


def _as_typed(text: str, options: Iterable[Declared]) -> str:
    """Return what is said of a keyword with the option's name of a command line, --learning-rate say.

    A name that is a word, too, is a keyword where it begins the text: genes is 10.
    """
    for declared in options:
        name = declared.name
        pattern = rf"(?<!{_QUOTED}){name}(?!{_QUOTED})" if "_" in name else rf"^{name}(?= is | must | and )"
        text = re.sub(pattern, (declared.option.shell or Shell()).flag or _flag(name), text)
    return text


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _parsed(declared: Declared, value: Any) -> Any:
    parse = (declared.option.shell or Shell()).parse
    return value if parse is None else parse(value)


def _place(parameter: inspect.Parameter) -> int:
    """Arguments first, then options by their groups; those without a group last."""
    (info,) = parameter.annotation.__metadata__
    if isinstance(info, typer.models.ArgumentInfo):
        return -1
    group = info.rich_help_panel
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)
