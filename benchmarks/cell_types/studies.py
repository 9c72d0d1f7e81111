"""The studies: blood with labels, which trains or judges, and cells that no model of blood knows."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.studies.donors import read_labels
from cellfill_training.studies.gene_table import GeneTable, read_gene_table
from cellfill_training.studies.labels import Labelled, LabelTable, label_study, read_label_table
from cellfill_training.studies.markers import read_markers, trust_by_markers
from cellfill_training.studies.reading import read_study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.studies.study import Study

LABELS = Path(__file__).parents[2] / "training" / "labels" / "blood"
TRAINING = ("pbmc3k", "pbmc4k_soupx", "pbmc_donorA", "pbmc1k_5p")
NEVER = ("kang_pbmc", "zheng_pbmc14k_3500")  # train nothing, and nothing was chosen by them
FOREIGN = ("mix5cl_celseq2", "mix3cl_celseq2", "mix3cl_dropseq", "human_pancreas_baron_h1")
# Cells of the pancreas that are of blood's types all the same.
_BLOOD_OF = {"human_pancreas_baron_h1": ("macrophage", "mast", "t_cell")}
# Interferon lifts FCGR3A in kang_pbmc, and Zheng sorted CD14+ cells alone: monocytes are judged as one there.
ONE_MONOCYTE = NEVER
MONOCYTES = ("CD14 monocyte", "FCGR3A monocyte")
NAIVE = "CD8+/CD45RA+ Naive Cytotoxic"
# Sorted populations, as labels of the table.
_SORTED = {
    "CD14+ Monocyte": "CD14 mono",
    "CD19+ B": "B",
    "CD4+/CD25 T Reg": "CD4 T",
    "CD4+/CD45RA+/CD25- Naive T": "CD4 T",
    "CD4+/CD45RO+ Memory": "CD4 T",
    "CD56+ NK": "NK",
    NAIVE: "CD8 T",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Studies:
    """What is measured on.

    Attributes
    ----------
    labelled
        Studies of blood by name, those that train first.
    foreign
        Cells of other tissues and cell lines, by name.
    table, genes
        What labels mean, and the names of genes.
    batches
        (cells,) of some studies: the condition of each cell.
    sorted
        (cells,) of some studies: the population that each cell was sorted for.
    """

    labelled: dict[str, Labelled]
    foreign: dict[str, Study]
    table: LabelTable
    genes: GeneTable
    batches: dict[str, NDArray[np.str_]]
    sorted: dict[str, NDArray[np.str_]]


def read_studies(data: Path) -> Studies:
    """Read all studies of a folder with ``h5ad``, ``genes`` and ``labels``."""
    table = read_label_table(LABELS / "labels.tsv")
    markers = read_markers(LABELS / "markers.tsv")
    genes = read_gene_table([data / "genes" / "gencode-v44.csv", data / "genes" / "hg19-10x.tsv"])
    labelled = {}
    for name in (*TRAINING, *NEVER):
        file = data / "h5ad" / f"{name}.h5ad"
        read = label_study(read_study(file), _labels(data, name), table)
        labelled[name] = trust_by_markers(read, table.tree, markers, genes)
    return Studies(
        labelled=labelled,
        foreign={name: _foreign(data / "h5ad" / f"{name}.h5ad") for name in FOREIGN},
        table=table,
        genes=genes,
        batches={"kang_pbmc": read_labels(data / "h5ad" / "kang_pbmc.h5ad", "condition")},
        sorted={name: read_labels(data / "h5ad" / f"{name}.h5ad", "cell_type") for name in ("zheng_pbmc14k_3500",)},
    )


def _labels(data: Path, name: str) -> list[str]:
    file, beside = data / "h5ad" / f"{name}.h5ad", data / "labels" / f"{name}.tsv"
    if not beside.is_file():
        return [_SORTED[label] for label in read_labels(file, "cell_type")]
    import anndata

    with beside.open(encoding="utf-8", newline="") as rows:
        known = {row["cell"]: row["cell_type"] for row in csv.DictReader(rows, delimiter="\t")}
    return [known.get(cell, "") for cell in anndata.read_h5ad(file, backed="r").obs_names]


def _foreign(file: Path) -> Study:
    study = read_study(file)
    blood = _BLOOD_OF.get(file.stem)
    return study if blood is None else study.take(~np.isin(read_labels(file, "cell_type"), blood))


def without_types(labelled: Labelled, gone: NDArray[np.intp], kept: NDArray[np.intp]) -> Labelled:
    """Return a study without the cells of some types; ``kept`` are the leaves that remain, which are renumbered."""
    place = np.full(int(max(kept.max(), gone.max())) + 2, -1)
    place[kept] = np.arange(len(kept))
    cells = ~np.isin(labelled.leaves, gone)
    leaves = place[labelled.leaves[cells]]  # the last place is that of no leaf
    return replace(labelled, study=labelled.study.take(cells), leaves=leaves, trusted=labelled.trusted[cells])
