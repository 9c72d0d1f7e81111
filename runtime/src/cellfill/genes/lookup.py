"""Find the gene of a model that a name of a dataset stands for."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.genes.names import dashed, is_ensembl_id, parts, stem, strip_version
from cellfill.genes.spoiled import restored_symbols, without_r_prefix

if TYPE_CHECKING:
    from cellfill.bundle import GeneIndex

ID, SYMBOL, ALIAS, LOOSE = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class GeneLookup:
    """The names of a model's genes.

    Attributes
    ----------
    exact
        (rank, row) of every name that stands for one gene: an id outranks a symbol, a symbol an alias.
    loose
        The row of every symbol and alias with case, dots and underscores levelled, where that is one gene's.
    symbols
        The row of every symbol in upper case, where that is one gene's.
    any_case
        Whether a name in any case may be meant: in rodents' models. In others a name must be all upper or all
        lower: Cd3d is not how anyone writes a human gene.
    """

    exact: dict[str, tuple[int, int]]
    loose: dict[str, int]
    symbols: dict[str, int]
    any_case: bool

    def column(self, spellings: Sequence[str], others: Sequence[set[str]]) -> tuple[int, int] | None:
        """Return (rank, row) of the gene that a column of a dataset is, None for none of the model.

        Parameters
        ----------
        spellings
            The column's names, one from each column of names.
        others
            All names of each column of names; a suffix is taken for one that made a name unique only where the
            name without it is there, too.
        """
        found = [hit for name in spellings if (hit := self.exact.get(strip_version(name)))]
        if not found:
            inside = [part for name in spellings for part in parts(name)]
            found = [hit for part in inside if (hit := self.exact.get(part))] or list(self._loosely(inside))
            found = found or list(self._spoiled(inside))
        if not found and not any(map(is_ensembl_id, spellings)):
            found = [
                hit
                for name, there in zip(spellings, others, strict=True)
                if (plain := stem(name)) in there and plain is not None
                for hit in [self.exact.get(plain)]
                if hit
            ]
        return min(found, key=lambda hit: hit[0]) if found else None

    def is_gene(self, name: str) -> bool:
        """Return whether a name stands for a gene as it is."""
        return strip_version(name) in self.exact

    def _spoiled(self, names: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Yield the genes of names that R or a spreadsheet changed: by symbols alone, as nothing else is sure."""
        yield from self._loosely(plain for name in names if (plain := without_r_prefix(name)))
        for name in names:
            rows = {row for symbol in restored_symbols(name) if (row := self.symbols.get(symbol, -1)) >= 0}
            if len(rows) == 1:
                yield LOOSE, rows.pop()

    def _loosely(self, names: Iterable[str]) -> Iterator[tuple[int, int]]:
        for name in names:
            if self.any_case or name in (name.upper(), name.lower()):
                row = self.loose.get(dashed(name).upper(), -1)
                if row >= 0:
                    yield LOOSE, row


def gene_lookup(genes: GeneIndex) -> GeneLookup:
    """Return the names of a model's genes, collected once; an alias that two genes share stands for neither."""
    found = _collected.get(id(genes))
    if found is None:
        found = _collected[id(genes)] = _collect(genes)
        weakref.finalize(genes, _collected.pop, id(genes), None)
    return found


_collected: dict[int, GeneLookup] = {}  # by identity: to hash or compare an index takes as long as to collect it


def _collect(genes: GeneIndex) -> GeneLookup:
    exact: dict[str, tuple[int, int]] = {}
    carriers: dict[str, int] = defaultdict(int)
    for gene in genes:
        for alias in set(gene.aliases):
            carriers[alias] += 1
    for row, gene in enumerate(genes):
        exact |= {alias: (ALIAS, row) for alias in gene.aliases if carriers[alias] == 1}
    for row, gene in enumerate(genes):
        if gene.symbol:
            exact[gene.symbol] = (SYMBOL, row)
    for row, gene in enumerate(genes):
        if gene.ensembl_id:
            exact[gene.ensembl_id] = (ID, row)
    loose: dict[str, int] = {}
    for rank in (SYMBOL, ALIAS):
        level: dict[str, set[int]] = defaultdict(set)
        for name, (its, row) in exact.items():
            if its == rank and not is_ensembl_id(name):
                level[dashed(name).upper()].add(row)
        for key, rows in level.items():
            loose.setdefault(key, min(rows) if len(rows) == 1 else -1)
    upper: dict[str, int] = {}
    for row, gene in enumerate(genes):
        if gene.symbol:
            upper[gene.symbol.upper()] = -1 if gene.symbol.upper() in upper else row
    symbols = [gene.symbol for gene in genes if gene.symbol]
    written_as_title = sum(symbol[1:] != symbol[1:].upper() for symbol in symbols)
    return GeneLookup(exact, loose, upper, any_case=written_as_title > len(symbols) / 2)
