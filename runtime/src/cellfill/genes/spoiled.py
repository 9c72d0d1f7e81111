"""Names of genes that a spreadsheet made dates, or R made names of its own kind."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MONTHS = {
    3: "mar mrz mär märz mars",
    9: "sep sept",
    12: "dec dez dic déc",
}
_MONTH = {word: month for month, words in _MONTHS.items() for word in words.split()}
_WORD = r"(?P<month>[A-Za-zäé]{3,4})\.?"
_DAY = r"(?P<day>\d{1,2})\.?"
# 7-Sep, 07. Sep, 7-Sep-21; Sep-07; X7.Sep, as R has it; 2021-09-07, as databases and pandas have it.
_DATES = (
    re.compile(rf"X?{_DAY}[-. ]{{1,2}}{_WORD}([-. ](\d\d|\d{{4}}))?"),
    re.compile(rf"{_WORD}[-. ]{_DAY}"),
)
_ISO = re.compile(r"X?(?P<year>\d{4})[-.](?P<number>\d\d)[-.](?P<day>\d\d)([ T]00:00:00)?")
_LAST_SEPTIN, _LAST_MARCH = 14, 11


def restored_symbols(name: str) -> tuple[str, ...]:
    """Return the symbols that one gene had or has, of which a spreadsheet made this date; none where it is none.

    7-Sep was SEPT7, which is SEPTIN7 today. 1-Mar and 2-Mar were MARCH1 and MARCH2 or MARC1 and MARC2, and nothing
    tells which: none. So has 2009-09-01, which was SEPT1 in that year or Sep-09 in any other. (Ziemann and others,
    https://doi.org/10.1371/journal.pcbi.1008984, list what spreadsheets do.)
    """
    found = _date(name)
    if found is None:
        return ()
    month, day = found
    if month == 9 and 1 <= day <= _LAST_SEPTIN:
        return f"SEPTIN{day}", f"SEPT{day}"
    if month == 9 and day == 15:
        return "SELENOF", "SEP15"
    if month == 3 and 2 < day <= _LAST_MARCH:
        return f"MARCHF{day}", f"MARCH{day}"
    if month == 12 and day == 1:
        return "DELEC1", "DEC1"
    return ("BHLHE41", "DEC2") if (month, day) == (12, 2) else ()


def is_date(name: str) -> bool:
    """Return whether a name is a date that a spreadsheet makes of names of genes."""
    if not _may_be_date(name):
        return False
    return _ISO.fullmatch(name) is not None or any(
        (match := date.fullmatch(name)) is not None and match["month"].lower() in _MONTH for date in _DATES
    )


def without_r_prefix(name: str) -> str | None:
    """Return a name without the X that R puts before a digit; None where there is none."""
    return name[1:] if name[:1] == "X" and name[1:2].isdigit() and not name[1:].isdigit() else None


def note_on_dates(names: Iterable[str]) -> str:
    """Return a sentence on names that are dates; empty where there are none."""
    dates = [name for name in names if is_date(name)]
    if not dates:
        return ""
    some = ", ".join(dates[:2])[:60]
    return (
        f"{len(dates):,} names of genes are dates ({some}): a spreadsheet made them of symbols such as SEPT7; "
        "those that can be one gene only are taken for it."
    )


def _date(name: str) -> tuple[int, int] | None:
    """Return month and day; None for no date, or one that may be two."""
    if not _may_be_date(name):
        return None
    for date in _DATES:
        match = date.fullmatch(name)
        if match is not None and (month := _MONTH.get(match["month"].lower())) is not None:
            return month, int(match["day"])
    match = _ISO.fullmatch(name)
    if match is None:
        return None
    day = int(match["day"])
    if day == 1 and int(match["year"]) % 100 <= _LAST_SEPTIN + 1:
        return None
    return int(match["number"]), day


def _may_be_date(name: str) -> bool:
    """Return what is quickly told of many names."""
    start = name[1:2] if name[:1] == "X" else name[:1]
    return (start.isdigit() or name[:3].lower() in _MONTH) and len(name) < 24
