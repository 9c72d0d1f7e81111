"""The options of a call as one frozen object: what is declared of each, and values checked against it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from cellfill.errors import UsageError
from cellfill.options.checks import Truth
from cellfill.options.option import GROUPS, Option

T = TypeVar("T", bound="Options")


@dataclass(frozen=True, slots=True)
class Declared:
    """An option of a call.

    Attributes
    ----------
    name, type, default
        As a keyword of Python; the default is ``dataclasses.MISSING`` where a value must be given.
    option
        What else is declared of it.
    """

    name: str
    type: Any
    default: Any
    option: Option

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values that there are; empty where they are not listed."""
        either = get_args(self.type) if get_origin(self.type) in (Union, UnionType) else ()
        for kind in (self.type, *either):
            if get_origin(kind) is Literal:
                return get_args(kind)
        return ()

    def check(self, value: Any) -> Any:
        """Return a value as plain Python.

        Raises
        ------
        UsageError
            When the option has no such value.
        """
        if value is None and self.default is None:
            return value
        if self.option.check is not None:
            return self.option.check(self.name, value)
        if self.choices and not (isinstance(value, str) and value in self.choices):
            raise UsageError(f"{self.name} is {value!r}; it must be one of {', '.join(self.choices)}.")
        return Truth()(self.name, value) if self.type is bool else value


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a call: a base of frozen dataclasses whose fields are ``Annotated`` with an `Option`.

    One class may have several such bases: what calls share is declared once.
    """

    def __post_init__(self) -> None:
        """Check every value, and take numbers of numpy for those of Python."""
        for declared in declared_in(type(self)):
            value = getattr(self, declared.name)
            checked = declared.check(value)
            if checked is not value:
                object.__setattr__(self, declared.name, checked)

    def narrowed(self, kind: type[T]) -> T:
        """Return what another call takes of these, as its options."""
        return kind(**self.keywords(kind))

    def keywords(self, kind: type[Options]) -> dict[str, Any]:
        """Return what another call takes of these, as its keywords."""
        return {declared.name: getattr(self, declared.name) for declared in declared_in(kind)}

    def altering(self) -> Mapping[str, Any]:
        """Return what makes the results of two calls the same: all that may alter them."""
        return {d.name: getattr(self, d.name) for d in declared_in(type(self)) if d.option.alters}

    def recorded(self) -> Mapping[str, Any]:
        """Return what the record of a result says of the call."""
        return {d.name: getattr(self, d.name) for d in declared_in(type(self)) if d.option.recorded}


_found: dict[type[Options], tuple[Declared, ...]] = {}


def declared_in(kind: type[Options]) -> tuple[Declared, ...]:
    """Return the options of a call, by groups, in each as they are written."""
    if kind not in _found:
        found = [_of_field(field) for field in dataclasses.fields(kind)]
        groups = [*GROUPS, *(declared.option.group for declared in found)]
        _found[kind] = tuple(sorted(found, key=lambda declared: groups.index(declared.option.group)))
    return _found[kind]


def _of_field(field: dataclasses.Field[Any]) -> Declared:
    kind, *beside = get_args(field.type)
    (option,) = (thing for thing in beside if isinstance(thing, Option))
    return Declared(name=field.name, type=kind, default=field.default, option=option)
