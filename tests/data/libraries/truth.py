"""The cells that every file here holds, from the three tables; as old Pythons and libraries take them."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
CELL_TYPES = ["T cell", "B cell", "NK cell"]  # in this order, which is not the alphabet's


def _table(name):
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file, delimiter="\t")
    return head, rows


def counts():
    """Return 12 cells x 30 genes, whole numbers."""
    return np.array([[int(value) for value in row[1:]] for row in _table("counts.tsv")[1]])


def cells(*, nullable=False):
    """Return what is known of the cells; with ``nullable`` also two columns of which some values are absent."""
    head, rows = _table("cells.tsv")
    column = {name: [row[place] for row in rows] for place, name in enumerate(head)}
    frame = pd.DataFrame(index=column["cell"])
    types = [name or None for name in column["cell_type"]]
    frame["cell_type"] = pd.Categorical(types, categories=CELL_TYPES)
    frame["sample"] = pd.Categorical(column["sample"])
    frame["n_counts"] = [int(value) for value in column["n_counts"]]
    frame["percent_mt"] = [float(value) for value in column["percent_mt"]]
    frame["doublet"] = [value == "True" for value in column["doublet"]]
    frame["note"] = column["note"]
    if nullable:
        said = {"True": True, "False": False, "": None}
        frame["passed"] = pd.array([said[value] for value in column["passed"]], dtype="boolean")
        frame["rank"] = pd.array([int(value) if value else None for value in column["rank"]], dtype="Int64")
    return frame


def genes():
    """Return what is known of the genes."""
    head, rows = _table("genes.tsv")
    column = {name: [row[place] for row in rows] for place, name in enumerate(head)}
    frame = pd.DataFrame(index=column["gene"])
    frame["gene_ids"] = column["gene_ids"]
    frame["chromosome"] = pd.Categorical(column["chromosome"])
    frame["mean"] = [float(value) for value in column["mean"]]
    frame["highly_variable"] = [value == "True" for value in column["highly_variable"]]
    return frame


def coordinates():
    """Return three coordinates a cell, made of the counts: of genes 1 to 3, each by 8 (exact in float32)."""
    return counts()[:, :3] / 8.0


def loadings():
    """Return two numbers a gene, exact in float32."""
    return np.arange(60).reshape(30, 2) / 16.0
