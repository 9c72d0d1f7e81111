"""Tables of a bundle: tab-separated text with one header line, from a stranger."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cellfill.bundle.strict import plain_text
from cellfill.errors import BundleError

MAX_NAME = 100
_DIGITS = "0123456789+-.e"  # Python's float also reads spaces, underscores and the digits of other scripts


def parse_table(text: bytes, *, file: str, most_rows: int, most_line: int) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a table, of which each has as many fields as the header.

    Parameters
    ----------
    text
        The bytes of the file.
    file
        Its name, for messages.
    most_rows, most_line
        The most rows, and characters of a line; counted before they are split.

    Raises
    ------
    BundleError
        When it is no such table.
    """
    count = text.count(b"\n") - 1
    if count > most_rows:
        raise BundleError(f"{file} has {count:,} rows, over the bound of {most_rows:,}.")
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise BundleError(f"{file} is not UTF-8 text ({error}).") from error
    if lines.pop() != "" or not lines:
        raise BundleError(f"{file} does not end in a newline: it was cut short.")
    longest = max(map(len, lines))
    if longest > most_line:
        raise BundleError(f"{file} has a line of {longest:,} characters, over the bound of {most_line:,}.")
    header, *rows = [line.split("\t") for line in lines]
    for place, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise BundleError(f"{file}, line {place}: {len(row)} fields, {len(header)} expected.")
    return header, rows


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return the bytes of a table."""
    return "".join("\t".join(row) + "\n" for row in (header, *rows)).encode("utf-8")


def number(text: str, where: str, *, least: float, most: float) -> float:
    """Return a number of a field; NaN of an empty one.

    Raises
    ------
    BundleError
        When it is none, or outside its bounds.
    """
    if not text:
        return math.nan
    try:
        value = math.nan if text.strip(_DIGITS) else float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise BundleError(f"{where}: {text[:40]!a} is no number from {least:g} to {most:g}.")
    return value


def formatted(value: float) -> str:
    """Return the field of a number; empty for NaN."""
    return "" if math.isnan(value) else format(value, ".6g")


def check_name(name: str, where: str, *, what: str) -> str:
    """Return a name that can be shown and looked up.

    It begins with a letter or a digit: a spreadsheet takes what begins otherwise for a formula, of results, too.

    Raises
    ------
    BundleError
        When it is none.
    """
    odd = not name or len(name) > MAX_NAME or name != name.strip() or not plain_text(name) or not name[0].isalnum()
    if odd or not name.isprintable():
        raise BundleError(f"{where}: {name[:40]!a} is no name of {what}.")
    return name
