"""The commands of a program, by name: --help lists them all and reads none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from cellfill.console.help import GroupedOptions, write_groups

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Listed:
    """What a program knows of a command before it is read.

    Attributes
    ----------
    heading
        Under which --help lists it.
    place
        Module and function, ``package.module:function``.
    summary
        The first sentence of the function's docstring.
    """

    heading: str
    place: str
    summary: str

    @property
    def function(self) -> Callable[..., None]:
        """The function, its module read for it."""
        module, _, name = self.place.partition(":")
        function: Callable[..., None] = getattr(import_module(module), name)
        return function


class _Commands(Mapping[str, Any]):
    """Commands by name, each made when it is first asked for."""

    def __init__(self, listed: Mapping[str, Listed]) -> None:
        self._listed = listed
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(name, cls=GroupedOptions)(self._listed[name].function)
            self._made[name] = typer.main.get_command(alone)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


def commands_of(listed: Mapping[str, Listed], elsewhere: Mapping[str, str]) -> type[TyperGroup]:
    """Return a group of these commands, as the ``cls`` of a program; for `elsewhere` see `new_app`."""

    class Commands(TyperGroup):
        """Commands under their headings, with whole summaries."""

        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = _Commands(listed)  # type: ignore[assignment]

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            """Find a command; of one that another program has, that one is named, and none that is spelt alike."""
            try:
                return super().resolve_command(ctx, args)
            except Exception as error:
                if hasattr(error, "message") and args and args[0] in elsewhere:
                    error.message = f"No such command {args[0]!r}. Did you mean {elsewhere[args[0]]!r}?"
                raise

        def format_commands(self, _ctx: Any, formatter: Any) -> None:
            """Write the commands, the first sentence of each whole."""
            write_groups(formatter, [(c.heading, (name, c.summary)) for name, c in listed.items()], "Commands")

    return Commands
