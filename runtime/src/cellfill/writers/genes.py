"""What is known of the genes of a result that is no AnnData: text beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.genes.feature_kinds import feature_kinds
from cellfill.genes.names import are_numbers, is_symbol_label, mostly_ids
from cellfill.genes.table import GeneColumn
from cellfill.readers.dataset import Dataset
from cellfill.text.jsonable import jsonable

if TYPE_CHECKING:
    from cellfill.results.named import Results

_BEGINNING = 4096  # bytes of a file that tell whose it is
_SYMBOLS = ("feature_name", "gene_symbols", "gene_symbol", "gene_name", "symbol")


def one_line(name: object) -> str:
    """Return a name as a field of a table of tabs can hold it."""
    return str(name).translate({ord(c): " " for c in "\t\r\n"})


def features(dataset: Dataset) -> list[tuple[str, str, str]]:
    """Return id, symbol and type of every gene, as Cell Ranger lists them; a name stands for what is absent."""
    var = dataset.var
    names = [one_line(name) for name in var.index]
    columns = [[one_line(text) or name for text, name in zip(c.texts(), names, strict=True)] for c in var.columns]
    by_label = dict(zip(var.labels, columns, strict=True))
    ids, symbols = names, names
    has_ids = mostly_ids(names)
    if not has_ids:
        ids = by_label.get("gene_ids") or next(filter(mostly_ids, columns), names)
    if has_ids or are_numbers(names):
        usual = (by_label[label] for label in _SYMBOLS if label in by_label)
        others = (texts for texts, column in zip(columns, var.columns, strict=True) if _may_be_symbols(column))
        symbols = next(chain(usual, others), ids)
    types = [one_line(kind) for kind in feature_kinds(var).types]
    return list(zip(ids, symbols, types, strict=True))


def _may_be_symbols(column: GeneColumn) -> bool:
    if not (column.is_text and is_symbol_label(column.label)):
        return False
    texts = column.texts()
    return not mostly_ids(texts) and not are_numbers(texts)


def write_genes(path: Path, dataset: Dataset, results: Results, *, columns: Sequence[int] | None = None) -> None:
    """Write a table of tabs: every gene, or those of some columns, and what the result says of it."""
    rows = range(len(dataset.var)) if columns is None else columns
    names = list(dataset.var.index)
    said = [np.asarray(values).tolist() for values in results.var.values()]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(["gene", *results.var]) + "\n")
        for row in rows:
            file.write("\t".join([one_line(names[row]), *(_text(values[row]) for values in said)]) + "\n")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if isinstance(value, float) and np.isnan(value) else one_line(value)


def write_record(path: Path, results: Results) -> None:
    """Write the provenance as JSON."""
    with path.open("w", encoding="utf-8") as file:
        json.dump(jsonable(results.record), file, indent=1, allow_nan=False)
        file.write("\n")


def is_of_cellfill(path: Path) -> bool:
    """Return whether a file begins as `write_genes` and `write_record` begin theirs."""
    try:
        with path.open("rb") as file:
            first = file.read(_BEGINNING).decode(errors="replace").splitlines()[:2]
    except OSError:
        return False
    text = "".join(first)
    return text.startswith('{ "cellfill_version": ') or (text.startswith("gene\t") and "_reason\t" in text)
