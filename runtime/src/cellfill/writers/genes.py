"""What is known of the genes of a result that is no AnnData: text beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.genes.feature_kinds import feature_kinds
from cellfill.genes.names import is_ensembl_id
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
    columns = {
        column.label: [one_line(text) or name for text, name in zip(column.texts(), names, strict=True)]
        for column in var.columns
    }
    ids, symbols = names, names
    if names and sum(map(is_ensembl_id, names)) * 2 >= len(names):
        symbols = next((columns[label] for label in _SYMBOLS if label in columns), names)
    else:
        held = (c for c in columns.values() if c and sum(map(is_ensembl_id, c)) * 2 >= len(c))
        ids = columns.get("gene_ids") or next(held, names)
    types = [one_line(kind) for kind in feature_kinds(var).types]
    return list(zip(ids, symbols, types, strict=True))


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
