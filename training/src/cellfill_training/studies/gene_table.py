"""Tables of Ensembl ids and symbols, by which studies with different gene names are brought together."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cellfill.errors import DataError, DataNotFoundError
from cellfill.genes.names import strip_version


@dataclass(frozen=True, slots=True)
class GeneName:
    """The names of one gene; an empty id or symbol is unknown."""

    ensembl_id: str
    symbol: str


class GeneTable:
    """Ensembl ids and symbols of a species' genes, from one or more tables.

    The first table that knows a gene names it. A later table adds aliases: another symbol for a known id, or
    another (retired) id for a known symbol.
    """

    def __init__(self, tables: Sequence[Sequence[tuple[str, str]]] = ()) -> None:
        self._by_id: dict[str, GeneName] = {}
        self._by_symbol: dict[str, GeneName] = {}
        self._aliases: dict[GeneName, list[str]] = {}
        self._by_alias: dict[str, GeneName] = {}
        for table in tables:
            for ensembl_id, symbol in table:
                self._add(ensembl_id, symbol)

    def _add(self, ensembl_id: str, symbol: str) -> None:
        same_id, same_symbol = self._by_id.get(ensembl_id), self._by_symbol.get(symbol)
        if same_id is None and same_symbol is None:
            gene = GeneName(ensembl_id, symbol)
            self._by_id[ensembl_id] = self._by_symbol[symbol] = gene
        elif same_id is not None and same_symbol is None:
            self._alias(same_id, symbol)
        elif same_id is None and same_symbol is not None:
            self._alias(same_symbol, ensembl_id)
        # else: both are known already; where they are two genes, the first table is believed

    def _alias(self, gene: GeneName, name: str) -> None:
        if name not in self._by_alias:
            self._by_alias[name] = gene
            self._aliases.setdefault(gene, []).append(name)

    def find(self, names: Sequence[str]) -> GeneName | None:
        """Return the gene that one of the names stands for; ids first, then symbols, then aliases."""
        plain = [strip_version(name) for name in names]
        for table in (self._by_id, self._by_symbol, self._by_alias):
            for name in plain:
                if name in table:
                    return table[name]
        return None

    def aliases(self, gene: GeneName) -> tuple[str, ...]:
        """Return the other symbols and retired ids of a gene."""
        return tuple(self._aliases.get(gene, ()))


def read_gene_table(paths: Sequence[str | Path]) -> GeneTable:
    """Read tables of (Ensembl id, symbol) rows, comma or tab separated, without a header.

    Raises
    ------
    DataNotFoundError
        When a table does not exist.
    DataError
        When a row does not begin with an Ensembl id and a symbol.
    """
    return GeneTable([_read_rows(Path(path)) for path in paths])


def read_gene_list(path: str | Path) -> list[str]:
    """Read gene ids or symbols, one a line.

    Raises
    ------
    DataNotFoundError
        When there is no such file.
    """
    source = Path(path)
    if not source.is_file():
        raise DataNotFoundError(f"No gene list at {source}: there is no such file.")
    return source.read_text(encoding="utf-8").split()


def _read_rows(path: Path) -> list[tuple[str, str]]:
    if not path.is_file():
        raise DataNotFoundError(f"No gene table at {path}: there is no such file.")
    delimiter = "," if path.suffix == ".csv" else "\t"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
    for number, row in enumerate(rows, start=1):
        if len(row) < 2 or not row[0].startswith("ENS"):
            raise DataError(f"{path}, line {number}: expected an Ensembl gene id and a symbol.")
    return [(strip_version(row[0]), row[1]) for row in rows if row[1] and " " not in row[1]]
