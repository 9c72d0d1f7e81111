"""What a page is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first column names the rows.

    Attributes
    ----------
    caption
        What it is.
    head
        Of each column.
    rows
        As text.
    words
        How many of the first columns are text; the others are numbers.
    folded
        Whether it is shown on demand only, such as the numbers of a picture.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    folded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture.

    Attributes
    ----------
    draw
        Draws it on Axes.
    caption
        What it is; stands below it.
    alt
        What is to be seen on it, for those who do not.
    height
        In inches, where it is 3.7 wide.
    """

    draw: Callable[[Axes], object]
    caption: str
    alt: str
    height: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One label of a legend: what it is called, how many cells have it, its colour and marker."""

    label: str
    cells: int
    color: str
    marker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of several things that a section shows alike, such as a gene.

    Attributes
    ----------
    title
        Its heading.
    shows
        What it shows.
    pictures, tables
        Its pictures, three beside each other where there is room, and its tables.
    """

    title: str
    shows: str
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    name
        Its anchor.
    title
        Its heading.
    shows
        What it shows, a sentence or two.
    beware
        What not to read into it.
    pictures, keys, tables
        Its pictures, the legend of all of them, and its tables.
    parts
        What it shows one by one, between the pictures and the tables.
    links
        Text and address of pages elsewhere, at its end: nothing is loaded unless a person goes there.
    """

    name: str
    title: str
    shows: str
    beware: str = ""
    pictures: tuple[Picture, ...] = ()
    keys: tuple[Key, ...] = ()
    tables: tuple[Table, ...] = ()
    parts: tuple[Part, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
