"""Sets of genes with names, such as terms of the Gene Ontology, from a GMT file."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle.manifest.graph import MAX_DIMENSION_NAME, MAX_DIMENSIONS
from cellfill.errors import DataError, DataNotFoundError
from cellfill_training.studies.gene_table import GeneName, GeneTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_BYTES, _MOST_LINE, _MOST_SETS = 256 << 20, 4 << 20, 200_000
_GZIP = b"\x1f\x8b"
_CUT = "…"  # where the rest of a name was


# Of the genes that sets and network could share: with fewer the names are of another species, or kind.
_LEAST_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneSet:
    """A set: its name, and symbols or ids of its genes."""

    name: str
    genes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Which genes belong to which set.

    Attributes
    ----------
    names
        Of the sets.
    member
        (genes, sets).
    """

    names: tuple[str, ...]
    member: NDArray[np.bool_]


def read_gene_sets(path: str | Path) -> tuple[GeneSet, ...]:
    """Read a GMT file, plain or by gzip: a set a line, its name, a description and its genes, between tabs.

    A set is called by both where the first is an id, such as ``GO:0006955 immune response``.

    Raises
    ------
    DataNotFoundError
        When there is no such file.
    DataError
        When it is no such file, or too large for one.
    """
    source = Path(path)
    if not source.is_file():
        what = "that is a folder: name the GMT file in it" if source.is_dir() else "there is no such file"
        raise DataNotFoundError(f"No gene sets at {source}: {what}.")
    try:
        found = _numbered(list(dict.fromkeys(_sets(source))))  # a line may be there twice
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"{source} is no GMT file, plain or by gzip ({error}).") from error
    if not found:
        raise DataError(f"{source} has no gene set: a line of a GMT file is a name, a description and genes.")
    twice = [name for name, number in Counter(one.name for one in found).items() if number > 1]
    if twice:
        raise DataError(f"{source} has two sets that are called {twice[0]!r}: give each a name of its own.")
    return tuple(found)


def wire(
    sets: Sequence[GeneSet],
    genes: Sequence[GeneName],
    table: GeneTable,
    *,
    least: int,
    most: int,
    most_sets: int,
) -> Wiring:
    """Say which of some genes are of which set.

    Of sets with the same of these genes one is kept. Where there are too many, those stay of whose genes the
    largest share is here.

    Parameters
    ----------
    sets
        Of which some are chosen, in their order.
    genes
        Those that a network reads.
    table
        Knows other names of genes.
    least, most, most_sets
        Genes that a set must have here, and may have in all; how many sets there may be.

    Raises
    ------
    DataError
        When fewer than two sets are left.
    """
    column = {name: place for place, gene in enumerate(genes) for name in (gene.ensembl_id, gene.symbol) if name}

    def place(name: str) -> int | None:
        known = None if name in column else table.find((name,))
        return column.get(name if known is None else known.ensembl_id or known.symbol)

    here = [frozenset(p for name in one.genes if (p := place(name)) is not None) for one in sets]
    named = set().union(*(one.genes for one in sets))
    known = len(set().union(*here))
    if known < _LEAST_SHARE * min(len(named), len(genes)):
        raise DataError(
            f"{known:,} of the {len(named):,} genes of the gene sets are among the {len(genes):,} that the network "
            "reads: give sets of the same species, by symbols or Ensembl ids, or a --gene-table that knows their "
            "names."
        )
    fit = [n for n, own in enumerate(here) if len(own) >= least and len(sets[n].genes) <= most]
    ranked = sorted(fit, key=lambda n: -len(here[n]) / len(sets[n].genes))
    first = {here[n]: n for n in reversed(ranked)}
    chosen = sorted([n for n in ranked if first[here[n]] == n][: min(most_sets, MAX_DIMENSIONS)])
    if len(chosen) < 2:
        raise DataError(
            f"Of {len(sets):,} gene sets {len(chosen)} have {least} genes or more that the network reads, and at "
            f"most {most:,} in all; two are the least. Lower --least-set-genes, raise "
            "--most-set-genes, or read more genes (--most-genes)."
        )
    member = np.zeros((len(genes), len(chosen)), dtype=bool)
    for number, n in enumerate(chosen):
        member[list(here[n]), number] = True
    return Wiring(names=tuple(sets[n].name for n in chosen), member=member)


def _sets(source: Path) -> Iterator[GeneSet]:
    with source.open("rb") as file:
        packed = file.read(2) == _GZIP
    read = 0
    with gzip.open(source, "rb") if packed else source.open("rb") as lines:
        number = 0
        while line := lines.readline(_MOST_LINE + 1):
            number += 1
            read += len(line)
            if len(line) > _MOST_LINE or read > _MOST_BYTES or number > _MOST_SETS:
                raise DataError(
                    f"{source} is too large for gene sets: {_MOST_SETS:,} lines, {_MOST_LINE >> 20} MB a line and "
                    f"{_MOST_BYTES >> 20} MB in all are the most."
                )
            text = line.decode("utf-8").rstrip("\r\n")
            if not text.strip():
                continue
            fields = text.split("\t")
            genes = frozenset(field.strip() for field in fields[2:] if field.strip())
            name = _name(*fields[:2]) if len(fields) > 2 else ""
            if not genes or not name:
                raise DataError(
                    f"{source}, line {number}: a line of a GMT file is a name, a description and genes, between "
                    "tabs."
                )
            yield GeneSet(name=name, genes=genes)


def _numbered(sets: Sequence[GeneSet]) -> list[GeneSet]:
    """Number those whose names are alike only since a manifest holds no more of them."""
    taken: set[str] = set()
    found = []
    for one in sets:
        name, number = one.name, 1
        while one.name.endswith(_CUT) and name in taken:
            number += 1
            name = f"{one.name[: -len(str(number)) - 1]}{_CUT}{number}"
        taken.add(name)
        found.append(replace(one, name=name))
    return found


def _name(first: str, second: str) -> str:
    """Return what a set is called: its id and what that is, in one printable line that a manifest can hold."""
    parts = [first] if "://" in second or ":" not in first or second == first else [first, second]
    text = "".join(c if c.isprintable() else " " for c in " ".join(parts))
    text = " ".join(text.split())
    return text if len(text) <= MAX_DIMENSION_NAME else text[: MAX_DIMENSION_NAME - 1].rstrip() + _CUT
