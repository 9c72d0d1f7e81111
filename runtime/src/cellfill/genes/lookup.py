"""Find the gene of a model that a name of a dataset stands for."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.genes.names import dashed, is_ensembl_id, parts, stem, strip_version
from cellfill.genes.spoiled import restored_symbols, without_r_prefix

if TYPE_CHECKING:
    from cellfill.bundle import GeneIndex

ID, SYMBOL, ALIAS, LOOSE = 0, 1, 2, 3
_SEVERAL = -1  # the row of a name that several genes have


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
    carrier: dict[str, int] = {}
    for row, gene in enumerate(genes):
        for alias in gene.aliases:
            if carrier.setdefault(alias, row) != row:
                carrier[alias] = _SEVERAL
    exact = {alias: (ALIAS, row) for alias, row in carrier.items() if row != _SEVERAL}
    exact |= {gene.symbol: (SYMBOL, row) for row, gene in enumerate(genes) if gene.symbol}
    exact |= {gene.ensembl_id: (ID, row) for row, gene in enumerate(genes) if gene.ensembl_id}
    loose: dict[str, int] = {}
    for rank in (SYMBOL, ALIAS):
        of_rank = {name: row for name, (its, row) in exact.items() if its == rank and not is_ensembl_id(name)}
        loose = _levelled(of_rank) | loose
    upper: dict[str, int] = {}
    for row, gene in enumerate(genes):
        if gene.symbol:
            upper[gene.symbol.upper()] = _SEVERAL if gene.symbol.upper() in upper else row
    symbols = [gene.symbol for gene in genes if gene.symbol]
    written_as_title = sum(symbol[1:] != symbol[1:].upper() for symbol in symbols)
    return GeneLookup(exact, loose, upper, any_case=written_as_title > len(symbols) / 2)


def _levelled(rows: dict[str, int]) -> dict[str, int]:
    """Return the rows of names in capitals, dots and underscores as dashes; of those that become one, several."""
    found: dict[str, int] = {}
    if not rows:
        return found
    # As one text: a call a name would take longer than all else that is done with a model's names.
    for name, row in zip(dashed("\n".join(rows)).upper().split("\n"), rows.values(), strict=True):
        if found.setdefault(name, row) != row:
            found[name] = _SEVERAL
    return found
