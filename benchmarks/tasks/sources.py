"""The cells that tasks are judged on, in small files: the same genes of the same cells for every method."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from cell_types.seen import merging
from cell_types.studies import NEVER, TRAINING, read_studies
from cellfill_training import GeneTable, Study, read_study
from cellfill_training.fitting.levels import measure_levels
from cellfill_training.fitting.variable_genes import most_variable
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.donors import read_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

GENES, LEAST_CELLS = 2000, 10
TERMS = "terms.gmt.gz"  # gene sets of man
BLOOD = "blood"  # the studies that pre-trained models learn from


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where cells come from.

    Attributes
    ----------
    files
        Without suffix; cells of several are brought together in the genes that all have, each a batch.
    layer
        Of the counts, where they are not X; X then holds the true ones.
    types, batch
        Columns of obs; empty where there is none.
    """

    files: tuple[str, ...]
    layer: str | None = None
    types: str = ""
    batch: str = ""


# Blood is read otherwise: its labels were vetted.
SOURCES = {
    "saver_zeisel": Source(files=("saver_zeisel",), layer="downsampled", types="cell_type"),
    "saver_baron": Source(files=("saver_baron",), layer="downsampled"),
    "human_pancreas_baron_h1": Source(files=("human_pancreas_baron_h1",), types="cell_type"),
    "mouse_pancreas_e15": Source(files=("mouse_pancreas_e15",), types="cell_type"),
    "mouse_oligodendrocyte_marques": Source(files=("mouse_oligodendrocyte_marques",), types="cell_type"),
    "mix5cl_celseq2": Source(files=("mix5cl_celseq2",), types="cell_type"),
    "three_lines": Source(files=("mix5cl_celseq2", "mix3cl_dropseq", "mix3cl_celseq2"), types="cell_type"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Cells in the genes that every method sees.

    Attributes
    ----------
    counts
        Cells x genes, CSR, raw.
    genes
        Names, (genes,).
    types, batches
        (cells,); a type is empty where it is not known, and a batch where there is but one.
    truth
        Counts before a simulated loss; None where they are not known.
    """

    counts: csr_matrix
    genes: NDArray[np.str_]
    types: NDArray[np.str_]
    batches: NDArray[np.str_]
    truth: csr_matrix | None = None

    def take(self, rows: NDArray[np.intp]) -> Cells:
        """Return some of the cells."""
        return replace(
            self,
            counts=self.counts[rows],
            types=self.types[rows],
            batches=self.batches[rows],
            truth=None if self.truth is None else self.truth[rows],
        )

    def study(self, name: str = "cells") -> Study:
        """Return them as a study."""
        return Study(name=name, counts=self.counts, gene_names=(tuple(map(str, self.genes)),))

    def studies(self) -> list[Study]:
        """Return a study a batch."""
        return [
            self.take(np.flatnonzero(self.batches == batch)).study(str(batch)) for batch in np.unique(self.batches)
        ]


def prepare(data: Path, folder: Path) -> None:
    """Write what is not there yet: a file a dataset, and one of the blood studies that teach."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(data / "genes" / "go-bp-human.gmt.gz", folder / TERMS)
    for name, source in SOURCES.items():
        if not (folder / f"{name}.npz").is_file():
            _write(folder / f"{name}.npz", _in_variable_genes(_read(data, source)))
    two = " and ".join(NEVER)
    if not all((folder / f"{name}.npz").is_file() for name in (BLOOD, two, *NEVER)):
        for name, cells in _blood(data).items():
            _write(folder / f"{name}.npz", cells)


def read_cells(folder: Path, name: str) -> Cells:
    """Return what `prepare` wrote."""
    with np.load(folder / f"{name}.npz") as held:
        shape = tuple(held["shape"])
        counts, truth = (
            sparse.csr_matrix((held[f"{part}data"], held[f"{part}indices"], held[f"{part}indptr"]), shape=shape)
            if f"{part}data" in held
            else None
            for part in ("", "true_")
        )
        return Cells(counts=counts, truth=truth, genes=held["genes"], types=held["types"], batches=held["batches"])


def _write(path: Path, cells: Cells) -> None:
    parts = {}
    for name, counts in (("", cells.counts), ("true_", cells.truth)):
        if counts is not None:
            tidy = sparse.csr_matrix(counts).astype(np.float32)
            tidy.sort_indices()
            parts |= {f"{name}data": tidy.data, f"{name}indices": tidy.indices, f"{name}indptr": tidy.indptr}
    kept = {
        "genes": cells.genes.astype(str),
        "types": cells.types.astype(str),
        "batches": cells.batches.astype(str),
    }
    np.savez(path.with_suffix(".new.npz"), shape=np.array(cells.counts.shape), **parts, **kept)
    path.with_suffix(".new.npz").replace(path)


def _read(data: Path, source: Source) -> Cells:
    parts, every = [], []
    for name in source.files:
        file = data / "h5ad" / f"{name}.h5ad"
        study = read_study(file, layer=source.layer)
        cells = study.counts.shape[0]
        parts.append(study)
        types = read_labels(file, source.types) if source.types else np.full(cells, "")
        truth = read_study(file, layer="X").counts if source.layer else None
        every.append((types, np.full(cells, name if len(source.files) > 1 else ""), truth))
    cells = _together(parts, np.concatenate([t for t, _, _ in every]), np.concatenate([b for _, b, _ in every]))
    if every[0][2] is None:
        return cells
    place = {name: number for number, name in enumerate(parts[0].gene_names[0])}
    return replace(cells, truth=every[0][2][:, [place[str(gene)] for gene in cells.genes]].tocsr())


def _together(studies: Sequence[Study], types: NDArray[np.str_], batches: NDArray[np.str_]) -> Cells:
    """Return studies in the genes that all measured, by the spelling that the first of them has."""
    cohort = harmonise(list(studies), GeneTable())
    shared = np.flatnonzero(cohort.measured.all(axis=0))
    names = np.array([cohort.genes[g].symbol or cohort.genes[g].ensembl_id for g in shared])
    return Cells(counts=cohort.counts[:][:, shared].tocsr(), genes=names, types=types, batches=batches)


def _in_variable_genes(cells: Cells) -> Cells:
    """Return cells in the 2,000 genes that vary most beyond chance, of those that ten cells have."""
    enough = np.bincount(cells.counts.indices, minlength=cells.counts.shape[1]) >= LEAST_CELLS
    cells = _some_genes(cells, np.flatnonzero(enough))
    parts = cells.studies() if len(np.unique(cells.batches)) > 1 else [cells.study()]
    cohort = harmonise(parts, GeneTable())
    chosen = most_variable(cohort, measure_levels(cohort), GENES)
    place = {str(name): number for number, name in enumerate(cells.genes)}
    names = [cohort.genes[g].symbol or cohort.genes[g].ensembl_id for g in chosen]
    return _some_genes(cells, np.sort([place[name] for name in names]))


def _some_genes(cells: Cells, genes: NDArray[np.intp]) -> Cells:
    return replace(
        cells,
        counts=cells.counts[:, genes].tocsr(),
        genes=cells.genes[genes],
        truth=None if cells.truth is None else cells.truth[:, genes].tocsr(),
    )


def _blood(data: Path) -> dict[str, Cells]:
    """Return the studies that teach, and the two that do not, in the genes that vary most in the former."""
    found = read_studies(data)
    leaves = np.array([*found.table.tree.leaves, ""])
    names = (*TRAINING, *NEVER)
    types, batches = [], []
    for name in names:
        own = found.labelled[name]
        groups = np.append(merging(name, tuple(leaves[:-1])), -1)
        trusted = own.trusted | (name in NEVER)
        types.append(leaves[np.where(trusted, groups[own.leaves], -1)])
        batches.append(np.full(len(own.leaves), name))
    every = _together([found.labelled[n].study for n in names], np.concatenate(types), np.concatenate(batches))
    teach = np.flatnonzero(np.isin(every.batches, TRAINING))
    chosen = _in_variable_genes(every.take(teach)).genes
    every = _some_genes(every, np.flatnonzero(np.isin(every.genes, chosen)))
    parts = {
        BLOOD: every.take(teach),
        " and ".join(NEVER): every.take(np.flatnonzero(np.isin(every.batches, NEVER))),
    }
    for name in NEVER:
        own = every.take(np.flatnonzero(every.batches == name))
        parts[name] = replace(own, batches=found.batches.get(name, np.full(len(own.types), "")))
    return {name: _with_counts(cells) for name, cells in parts.items()}


def _with_counts(cells: Cells) -> Cells:
    return cells.take(np.flatnonzero(np.diff(cells.counts.indptr) > 0))
