"""How a text table is written, found out from its first lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cellfill.errors import DataError
from cellfill.readers.orientation import gene_score
from cellfill.readers.text import open_text

KIND = "a table"
MISSING = {"", "NA", "NaN", "nan", "N/A"}
Decimal = Literal[".", ","]

_SEPARATORS = "\t,; "
_SAMPLE_LINES, _MOST_COMMENTS = 6, 10_000
_MOST_COLUMNS = 500_000
_WITH_COMMA = re.compile(r"-?\d+,\d+")
# 1,234 is a thousand and more in one country, and one and more in another; 0,234 and 1,2 are clear.
_EITHER = re.compile(r"-?[1-9]\d{0,2},\d{3}")
_GCT = "#1."  # the format of GenePattern: the line after the first has its shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a table is written.

    Attributes
    ----------
    separator
        Between fields.
    decimal
        Before the fraction of a number.
    skipped
        Lines before those of numbers.
    columns
        Names of the columns that hold numbers.
    labels
        Names of the columns before them that hold text, the names of the rows first.
    ends_in_separator
        Whether lines have an empty field at their end that no column is.
    """

    separator: str
    decimal: Decimal
    skipped: int
    columns: list[str]
    labels: list[str]
    ends_in_separator: bool

    @property
    def width(self) -> int:
        """Fields of a line that hold something."""
        return len(self.labels) + len(self.columns)


def find_layout(path: Path) -> Layout:
    """Find out how a table is written, from its first lines.

    Lines before it that begin with # are left out, unless the last of them names the columns.

    Raises
    ------
    DataError
        When it is no table of numbers below a line of names.
    """
    comments, lines, before = _first_lines(path)
    if len(lines) < 2:
        raise DataError(f"{path} cannot be read as {KIND}: it has no line of numbers below a line of names.")
    separator, names_in_comment = _separator(comments, lines)
    if names_in_comment:
        lines = [comments[-1][1:], *lines[: _SAMPLE_LINES - 1]]
    if max(line.count(separator) for line in lines) >= _MOST_COLUMNS:
        raise DataError(f"{path} has more than {_MOST_COLUMNS:,} columns: save it as .h5ad or as a 10x folder.")
    header, *body = split(lines, separator)
    if not body:
        raise DataError(
            f'{path} cannot be read as {KIND}: a quotation mark (") in its first line does not end, so that all '
            "lines are one name. Take it out, or end it."
        )
    trailing = _ends_in_separator(header, body)
    if trailing:
        header = header[: len(header) - (not header[-1])]
        body = [line[:-1] for line in body]
    width = len(body[0])
    if width < 2 or len(header) not in (width, width - 1):
        raise DataError(
            f"{path} cannot be read as {KIND}: its first line has {len(header)} fields, the next {width}. One "
            "line of names and lines of numbers of the same length are needed."
        )
    if len(header) < width and any(len(line) == len(header) for line in body):
        raise DataError(
            f"{path} cannot be read as {KIND}: the row {body[0][0][:60]} has {width} fields, the line of names and "
            f"other rows have {len(header)}. Take out the field that is too many."
        )
    decimal = _decimal(path, separator, body)
    texts = _texts_before(body, decimal)
    if len(header) < width:
        header = ["", *header]
        texts = max(texts, 1)
    elif texts == 0 and (not header[0].strip() or gene_score(header[:1]) < gene_score(header[1:])):
        texts = 1  # numbers that name the rows
    if texts == width or all(is_number(name) and "." in name for name in header[texts:]):
        lacking = "a column of numbers" if texts == width else "a line of names"
        raise DataError(
            f"{path} cannot be read as {KIND}: it has not {lacking}. "
            "The first line must name the columns, the first column the rows."
        )
    return Layout(
        separator=separator,
        decimal=decimal,
        skipped=before + (not names_in_comment),
        columns=header[texts:],
        labels=header[:texts],
        ends_in_separator=trailing,
    )


def split(lines: Iterable[str], separator: str) -> list[list[str]]:
    """Return the fields of lines; quotes around them are taken off."""
    return list(csv.reader(lines, delimiter=separator, skipinitialspace=separator == " "))


def is_number(text: str, decimal: Decimal = ".") -> bool:
    """Return whether a field is a number, or one that is missing."""
    if text in MISSING:
        return True
    if decimal == ",":
        text = text.replace(".", "?").replace(",", ".")
    try:
        float(text)
    except ValueError:
        return False
    return True


def _first_lines(path: Path) -> tuple[list[str], list[str], int]:
    """Return the lines of # before a table, the first lines of its own, and how many stand before these."""
    comments: list[str] = []
    lines: list[str] = []
    before = 0
    with open_text(path) as file:
        while len(lines) < _SAMPLE_LINES and (line := file.readline()):
            if lines or not (line.startswith("#") or not line.strip()):
                lines += [line] if line.strip() else []
                continue
            before += 1
            if before > _MOST_COMMENTS:
                raise DataError(f"{path} has more than {_MOST_COMMENTS:,} lines of # before a table: is it one?")
            comments += [line] if line.strip() else []
            if line.startswith(_GCT) and before == 1:
                comments.append(file.readline())
                before += 1
    return comments, lines, before


def _separator(comments: Sequence[str], lines: Sequence[str]) -> tuple[str, bool]:
    """Return what is between fields, and whether the last line of # names the columns.

    What gives the first line as many fields as the others, or one more or less; of several what gives most.
    """

    def judge(separator: str) -> tuple[bool, int, int]:
        try:
            numbers = [len(fields) for fields in split(lines, separator)]
        except csv.Error:  # a long line that it does not part is one field, longer than any
            return False, 0, -_SEPARATORS.index(separator)
        least = min(numbers[1:], default=0)  # quotes that do not end make one line of all
        return least > 1 and abs(numbers[0] - least) <= 1, least, -_SEPARATORS.index(separator)

    separator = max(_SEPARATORS, key=judge)
    first = split(lines[:1], separator)[0]
    if not comments or not any(is_number(field) for field in first[1:] if field):
        return separator, False
    named = split([comments[-1][1:]], separator)
    return separator, bool(named) and len(named[0]) > 1 and len(first) - len(named[0]) in (0, 1)


def _ends_in_separator(header: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether every line has an empty field at its end, and no name is for it."""
    if len(body[0]) < 3 or any(not line or line[-1] for line in body):
        return False
    return not header[-1] or len(header) == len(body[0]) - 1


def _decimal(path: Path, separator: str, body: Sequence[Sequence[str]]) -> Decimal:
    if separator == ",":
        return "."
    found = [field for line in body for field in line if _WITH_COMMA.fullmatch(field)]
    if not found:
        return "."
    if all(_EITHER.fullmatch(field) for field in found):
        raise DataError(
            f"{path} has numbers such as {found[0][:60]}: {found[0][:60].replace(',', '')} or "
            f"{found[0][:60].replace(',', '.')}? Save the table without separators of thousands."
        )
    return ","


def _texts_before(body: Sequence[Sequence[str]], decimal: Decimal) -> int:
    """Return how many columns before the numbers hold text."""
    texts, width = 0, len(body[0])
    while texts < width and _is_text([line[texts] for line in body if len(line) > texts], decimal):
        texts += 1
    return texts


def _is_text(fields: Sequence[str], decimal: Decimal) -> bool:
    """Return whether fields of a column are text: NA may be a label that is not known, or a count."""
    known = [field for field in fields if field not in MISSING]
    return bool(known) and not any(is_number(field, decimal) for field in known)
