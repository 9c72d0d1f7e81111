"""Strict, bounded decoding of JSON into frozen dataclasses.

A manifest is data from a stranger: every key must be known, every value of its declared type, every number
finite, every text and list within a bound. The dataclass is the only statement of the schema.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from cellfill.errors import BundleError

T = TypeVar("T")

MAX_TEXT = 20_000
MAX_ITEMS = 20_000


def decode(kind: type[T], text: bytes, *, file: str) -> T:
    """Decode UTF-8 JSON into ``kind``, a frozen dataclass.

    Raises
    ------
    BundleError
        When the text is not JSON or does not have exactly the declared form.
    """
    try:
        raw = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BundleError(f"{file} is not valid JSON ({error}). The bundle is damaged: get it again.") from error
    return _value(kind, raw, file)  # type: ignore[no-any-return]


def encode(value: Any) -> bytes:
    """Encode a dataclass as UTF-8 JSON that `decode` reads back to an equal value."""
    text = json.dumps(dataclasses.asdict(value), indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that a manifest may hold")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return result


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, raw: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = [k for k in get_args(kind) if k is not type(None)]
        return None if raw is None else _value(inner[0], raw, where)
    if origin is Literal:
        if raw not in get_args(kind) or isinstance(raw, bool):
            allowed = ", ".join(repr(a) for a in get_args(kind))
            raise BundleError(f"{where} is {_show(raw)}; this version of cellfill knows {allowed}.")
        return raw
    if origin is tuple:
        items = _expect(list, raw, where)
        _bound(len(items), MAX_ITEMS, where)
        return tuple(_value(get_args(kind)[0], item, f"{where}[{i}]") for i, item in enumerate(items))
    if origin is Mapping:
        table = _expect(dict, raw, where)
        _bound(len(table), MAX_ITEMS, where)
        return {key: _value(get_args(kind)[1], item, f"{where}.{key}") for key, item in table.items()}
    if dataclasses.is_dataclass(kind):
        return _record(kind, raw, where)
    if kind is float:
        return _number(raw, where)
    result = _expect(kind, raw, where)
    if kind is str:
        _bound(len(result), MAX_TEXT, where)
    return result


def _record(kind: Any, raw: Any, where: str) -> Any:
    table = _expect(dict, raw, where)
    hints = _hints(kind)
    for odd, what in ((set(table) - set(hints), "unknown"), (set(hints) - set(table), "missing")):
        if odd:
            raise BundleError(f"{where} has {what} keys: {', '.join(sorted(odd)[:5])}.")
    return kind(**{name: _value(hint, table[name], f"{where}.{name}") for name, hint in hints.items()})


def _number(raw: Any, where: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise BundleError(f"{where} is {_show(raw)}, not a number.")
    try:
        number = float(raw)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BundleError(f"{where} is {_show(raw)}, not a finite number.")
    return number


def _expect(kind: type, raw: Any, where: str) -> Any:
    if not isinstance(raw, kind) or (isinstance(raw, bool) and kind is not bool):
        raise BundleError(f"{where} is {_show(raw)}, not {kind.__name__}.")
    return raw


def _bound(size: int, limit: int, where: str) -> None:
    if size > limit:
        raise BundleError(f"{where} has {size} items, over the bound of {limit}.")


def _show(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "..."
