"""Strict, bounded decoding of JSON into frozen dataclasses.

A manifest is data from a stranger: every key must be known, every value of its declared type, every number finite
and within a bound, every text plain, every text and list within a bound. The dataclass is the only statement of the
schema.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from cellfill.errors import BundleError

T = TypeVar("T")

MAX_TEXT = 20_000
MAX_ITEMS = 20_000
MAX_NUMBER = 1 << 53  # the whole numbers that every reader of JSON keeps

# Control characters, marks that turn or hide text, halves of characters, private ones, line and paragraph breaks.
_STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


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
        why = str(error)[:200]
        raise BundleError(f"{file} is not valid JSON ({why}). The bundle is damaged: get it again.") from error
    return _value(kind, raw, file)  # type: ignore[no-any-return]


def encode(value: Any, *, dense: bool = False) -> bytes:
    """Encode a dataclass as UTF-8 JSON that `decode` reads back to an equal value; in one line where ``dense``."""
    form: dict[str, Any] = {"separators": (",", ":")} if dense else {"indent": 1}
    text = json.dumps(dataclasses.asdict(value), ensure_ascii=False, allow_nan=False, **form)
    return (text + "\n").encode("utf-8")


def plain_text(text: str, *, lines: bool = False) -> bool:
    """Return whether a text can be shown: nothing in it steers a terminal, hides, or turns what is around it.

    Parameters
    ----------
    text
        Of any length.
    lines
        Whether it may have several lines, with tabs, and the marks that scripts other than Latin join letters by.
    """
    if text.isprintable():
        return True
    if lines:
        return not any(unicodedata.category(c) in ("Cc", "Cs") for c in set(text) - set("\n\r\t"))
    return not any(unicodedata.category(c) in _STEERING for c in set(text))


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
        if not isinstance(raw, str | int) or isinstance(raw, bool) or raw not in get_args(kind):
            allowed = ", ".join(repr(a) for a in get_args(kind))
            raise BundleError(f"{where} is {_show(raw)}; this version of cellfill knows {allowed}.")
        return raw
    if origin is tuple:
        items = _expect(list, raw, where)
        _bound(len(items), MAX_ITEMS, where)
        plain = _plain_numbers(get_args(kind)[0], items)
        if plain is not None:
            return plain
        return tuple(_value(get_args(kind)[0], item, f"{where}[{i}]") for i, item in enumerate(items))
    if origin is Mapping:
        table = _expect(dict, raw, where)
        _bound(len(table), MAX_ITEMS, where)
        for key in table:
            _check_text(key, f"a key of {where}")
        return {
            key: _value(get_args(kind)[1], item, f"{where}.{ascii(key)[1:-1][:60]}") for key, item in table.items()
        }
    if dataclasses.is_dataclass(kind):
        return _record(kind, raw, where)
    if kind is float:
        return _number(raw, where)
    result = _expect(kind, raw, where)
    if kind is str:
        _check_text(result, where)
    elif kind is int and abs(result) > MAX_NUMBER:
        raise BundleError(f"{where} is {_show(result)}, over the bound of {MAX_NUMBER:,}.")
    return result


def _record(kind: Any, raw: Any, where: str) -> Any:
    table = _expect(dict, raw, where)
    hints = _hints(kind)
    for odd, what in ((set(table) - set(hints), "unknown"), (set(hints) - set(table), "missing")):
        if odd:
            names = [key if key.isprintable() else ascii(key) for key in sorted(odd)[:5]]
            raise BundleError(f"{where} has {what} keys: {', '.join(name[:60] for name in names)}.")
    return kind(**{name: _value(hint, table[name], f"{where}.{name}") for name, hint in hints.items()})


def _plain_numbers(kind: Any, items: list[Any]) -> tuple[int | float, ...] | None:
    """Return many numbers at once, or None where one is to be refused: item by item it is said why."""
    kinds = set(map(type, items))
    if kind is int and kinds <= {int} and all(abs(item) <= MAX_NUMBER for item in items):
        return tuple(items)
    if kind is float and kinds <= {int, float} and all(abs(item) < math.inf for item in items):
        try:
            return tuple(map(float, items))
        except OverflowError:
            return None
    return None


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


def _check_text(text: str, where: str) -> None:
    _bound(len(text), MAX_TEXT, where)
    if not plain_text(text):
        raise BundleError(f"{where} is {_show(text)}: it holds characters that steer, turn or hide text.")


def _bound(size: int, limit: int, where: str) -> None:
    if size > limit:
        raise BundleError(f"{where} has {size} items, over the bound of {limit}.")


def _show(raw: Any) -> str:
    if isinstance(raw, int) and abs(raw) > 10**60:  # longer ones than 4,300 digits are not even shown by Python
        return "a number of more than 60 digits"
    text = ascii(raw) if isinstance(raw, str) else repr(raw)
    return text if len(text) <= 60 else text[:57] + "..."
