"""Tables of Ensembl ids, symbols and aliases, by which studies with different gene names are brought together."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cellfill.errors import DataError, DataNotFoundError
from cellfill.genes.names import strip_version

_NCBI = ("symbol", "ensembl_ids", "aliases", "type")
_NO_GENE = "biological-region"
_TEXT = "utf-8-sig"  # a spreadsheet begins a table with a mark


@dataclass(frozen=True, slots=True)
class GeneName:
    """The names of one gene; an empty id or symbol is unknown."""

    ensembl_id: str
    symbol: str


class GeneTable:
    """Ensembl ids, symbols and aliases of a species' genes, from one or more tables.

    The first table that knows a gene names it. A later table adds aliases: another symbol for a known id, or
    another (retired) id for a known symbol. An alias that is a gene's symbol stands for that gene.

    Parameters
    ----------
    tables
        (Ensembl id, symbol) rows of each table; an id may be empty.
    aliases
        Names of a gene that the tables know, and others of it.
    """

    def __init__(
        self,
        tables: Sequence[Sequence[tuple[str, str]]] = (),
        aliases: Sequence[tuple[Sequence[str], Sequence[str]]] = (),
    ) -> None:
        self._by_id: dict[str, GeneName] = {}
        self._by_symbol: dict[str, GeneName] = {}
        self._aliases: dict[GeneName, list[str]] = {}
        self._by_alias: dict[str, GeneName] = {}
        for table in tables:
            for ensembl_id, symbol in table:
                self._add(ensembl_id, symbol)
        for names, others in aliases:
            gene = self.find(names)
            if gene is not None:
                self._alias(gene, others)

    def _add(self, ensembl_id: str, symbol: str) -> None:
        gene = self._by_id.get(ensembl_id) or self._by_symbol.get(symbol)
        if gene is None:
            gene = self._by_symbol[symbol] = GeneName(ensembl_id, symbol)
            if ensembl_id:
                self._by_id[ensembl_id] = gene
        # Where id and symbol are two known genes the first table is believed, and neither is an alias.
        self._alias(gene, (symbol, *filter(None, [ensembl_id])))

    def _alias(self, gene: GeneName, names: Iterable[str]) -> None:
        for name in names:
            if not any(name in known for known in (self._by_id, self._by_symbol, self._by_alias)):
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
    """Read tables of (Ensembl id, symbol) rows, comma or tab separated, without a header; or of NCBI Gene.

    A table of NCBI Gene has the columns symbol, ensembl_ids, aliases and type, tab separated, with several ids or
    aliases between ``|``. An id or alias that two of its genes have, or that is the symbol of one, is left out: it
    would stand for a gene that it may not mean. Files that end in ``.gz`` are unpacked.

    Raises
    ------
    DataNotFoundError
        When a table does not exist.
    DataError
        When a row does not begin with an Ensembl id and a symbol, or a table cannot be read.
    """
    tables = [_read_rows(Path(path)) for path in paths]
    return GeneTable(
        [[(name, symbol) for ids, symbol, _ in rows for name in ids or ("",)] for rows in tables],
        [((*ids, symbol), aliases) for rows in tables for ids, symbol, aliases in rows if aliases],
    )


def read_gene_list(path: str | Path) -> list[str]:
    """Read gene ids or symbols, one a line or apart by commas.

    Raises
    ------
    DataNotFoundError
        When there is no such file.
    DataError
        When it is no text.
    """
    source = Path(path)
    if not source.is_file():
        raise DataNotFoundError(f"No gene list at {source}: there is no such file.")
    try:
        text = source.read_text(encoding=_TEXT)
    except UnicodeDecodeError as error:
        raise DataError(f"{source} is no text in UTF-8: save the list of genes as such.") from error
    return text.replace(",", " ").split()


# The Ensembl ids of a gene, its symbol, and other names that stand for no other gene of the table.
_Row = tuple[tuple[str, ...], str, tuple[str, ...]]


def _read_rows(path: Path) -> list[_Row]:
    if not path.is_file():
        raise DataNotFoundError(f"No gene table at {path}: there is no such file.")
    delimiter = "," if Path(path.name.lower().removesuffix(".gz")).suffix == ".csv" else "\t"
    try:
        with (
            gzip.open(path, "rt", encoding=_TEXT)
            if path.suffix.lower() == ".gz"
            else path.open(encoding=_TEXT) as file
        ):
            rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a gene table ({error}).") from error
    if rows and tuple(rows[0][: len(_NCBI)]) == _NCBI:
        return _ncbi_rows(rows[1:], path)
    for number, row in enumerate(rows, start=1):
        if len(row) < 2 or not row[0].startswith("ENS"):
            raise DataError(f"{path}, line {number}: expected an Ensembl gene id and a symbol.")
    return [((strip_version(row[0]),), row[1], ()) for row in rows if row[1] and " " not in row[1]]


def _ncbi_rows(rows: Sequence[Sequence[str]], path: Path) -> list[_Row]:
    for number, row in enumerate(rows, start=2):
        if len(row) < len(_NCBI):
            raise DataError(f"{path}, line {number}: {len(row)} fields, at least {len(_NCBI)} expected.")
    genes = [(symbol, ids, aliases.split("|")) for symbol, ids, aliases, kind, *_ in rows if kind != _NO_GENE]
    carriers = Counter(name for symbol, _, aliases in genes for name in {symbol, *aliases})
    carriers += Counter(name for _, ids, _ in genes for name in set(ids.split("|")))
    return [
        (
            tuple(strip_version(name) for name in ids.split("|") if name.startswith("ENS") and carriers[name] == 1),
            symbol,
            tuple(name for name in aliases if carriers[name] == 1 and name != symbol and _is_plain(name)),
        )
        for symbol, ids, aliases in genes
        if symbol and " " not in symbol
    ]


def _is_plain(name: str) -> bool:
    """Return whether a name is one word of letters, digits and marks, and no antibody's (AB-DIP)."""
    return (
        not name.upper().startswith("AB-")
        and name.isascii()
        and name.isprintable()
        and not set(name) & set(" _|")
        and bool(name)
    )
