"""Tab-separated tables that a person wrote, in an editor or in Excel."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from cellfill.errors import DataError


def read_columns(source: Path, columns: Sequence[str], what: str) -> list[dict[str, str]]:
    """Return the rows of a table, the texts of some columns without blanks around them.

    Parameters
    ----------
    source
        UTF-8, with a byte order mark or without; texts in quotes, as R writes them, or without.
    columns
        That it must have.
    what
        It is, for a message.

    Raises
    ------
    DataError
        When a column is missing, or it is no such text.
    """
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", strict=True)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{source} has no column {missing[0]!r}: {what} has {', '.join(columns)}.")
            return [{column: (row[column] or "").strip() for column in columns} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{source} is no tab-separated text in UTF-8 ({error}): save it as such.") from error
