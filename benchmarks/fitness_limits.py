"""Where do the limits of a verdict belong? Models on cells of studies and of tissues that they have not seen.

Usage: python benchmarks/fitness_limits.py --data FOLDER [--scratch FOLDER]

FOLDER/h5ad holds the datasets of the recipes, and FOLDER/genes their gene tables. Beside the models of model_cards/
and human-pbmc without each of its studies in turn, a model is trained on each study alone (of two tumours, each
patient) into the scratch folder, once; of a study that has no second of its tissue a part trains, and the rest is
judged. Every model meets all data of its species that trained nothing of it, in 100, 300 and up to 2,000 cells.

tissue: another study of the model's tissue, or another patient. part: other cells of the study that trained it.
related: another tissue that holds some of its kinds of cells, such as a tumour of lung and blood, or cortex and
oligodendrocytes. other: another tissue. Data and models of one publication are not paired, but for *part*.

A limit is set without a group of data (a tissue, a study) and tried on it: so no figure here is of data that it was
set on. The last tables say how often a verdict is right.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from anndata import AnnData, read_h5ad
from scipy import sparse

from accuracy.models import model_of
from cellfill.readers import open_dataset
from cellfill.scale import choose_counts
from cellfill_training import About, Study, fit, options_for, read_gene_table, read_study

CARDS = Path("model_cards")
HUMAN, MOUSE = "Homo sapiens", "Mus musculus"
SIZES = (100, 300, 2000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Cells of a study.

    Attributes
    ----------
    file, column, values
        The file, and which of its cells: those with one of these values in a column of obs; all by default. The
        column ``half`` is 0 or 1 for every second cell.
    species, tissue
        What they are.
    study
        The publication: no model of it meets other data of it, but for other parts of one file.
    """

    file: str
    species: str
    tissue: str
    study: str
    column: str = ""
    values: tuple[str, ...] = ()


def _blood(file: str, study: str) -> Cells:
    return Cells(file=file, species=HUMAN, tissue="blood", study=study)


def _tumour(*patients: str) -> Cells:
    return Cells(
        file="luad_patients",
        species=HUMAN,
        tissue="lung tumour",
        study="+".join(patients),
        column="patient",
        values=patients,
    )


def _mouse(file: str, tissue: str, column: str = "", *values: str) -> Cells:
    return Cells(file=file, species=MOUSE, tissue=tissue, study=file, column=column, values=values)


_ISLETS = {
    "file": "human_pancreas_baron_h1",
    "species": HUMAN,
    "tissue": "pancreatic islets",
    "study": "Baron 2016",
}
_PRIMARY = ("LX680", "LX653", "LX684", "LX701")

# What a model is trained on, by its name; those that are trained elsewhere are in `_GIVEN`.
TRAINED = {
    "one-3k": _blood("pbmc3k", "pbmc3k"),
    "one-4k": _blood("pbmc4k_soupx", "pbmc4k"),
    "one-donorA": _blood("pbmc_donorA", "Zheng 2017"),
    "one-5p": _blood("pbmc1k_5p", "pbmc1k_5p"),
    "one-kang": _blood("kang_pbmc", "Kang 2018"),
    "one-LX255B": _tumour("LX255B"),
    "one-LX679": _tumour("LX679"),
    "islets": Cells(**_ISLETS, column="sample", values=("human1_lib1", "human1_lib2")),
    "progenitors": _mouse("mouse_hspc_indrop", "bone marrow", "sample", "P9A", "P12A"),
    "oligodendrocytes": _mouse(
        "mouse_oligodendrocyte_marques", "oligodendrocytes", "sample", "SN-VTA", "zona incerta"
    ),
    "jejunum": _mouse("mouse_intestine_moor", "jejunum", "half", "0"),
    "cortex": _mouse("saver_zeisel", "cortex", "half", "0"),
    "embryonic-pancreas": _mouse("mouse_pancreas_e15", "embryonic pancreas", "half", "0"),
}
_LEFT_OUT = ("kang_pbmc", "pbmc4k_soupx", "pbmc1k_5p", "pbmc3k", "pbmc_donorA")

DATA = (
    _blood("pbmc3k", "pbmc3k"),
    _blood("pbmc4k_soupx", "pbmc4k"),
    _blood("pbmc_donorA", "Zheng 2017"),
    _blood("pbmc1k_5p", "pbmc1k_5p"),
    _blood("kang_pbmc", "Kang 2018"),
    _blood("zheng_pbmc14k_3500", "Zheng 2017"),
    _blood("human_ctcl_pbmc_cite", "Mimitou 2019"),
    _tumour("LX255B"),
    _tumour("LX679"),
    _tumour(*_PRIMARY),
    Cells(file="mix5cl_celseq2", species=HUMAN, tissue="cell lines", study="five lines"),
    Cells(file="mix3cl_celseq2", species=HUMAN, tissue="cell lines", study="three lines, CEL-seq2"),
    Cells(file="mix3cl_dropseq", species=HUMAN, tissue="cell lines", study="three lines, Drop-seq"),
    Cells(**_ISLETS, column="sample", values=("human1_lib3",)),
    Cells(file="saver_baron", species=HUMAN, tissue="islets", study="Baron 2016"),
    _mouse("mouse_hspc_indrop", "bone marrow", "sample", "P11A", "P11B"),
    _mouse(
        "mouse_oligodendrocyte_marques",
        "oligodendrocytes",
        *("sample", "hypothalamus", "Amygdala", "striatum", "hippocampus CA1"),
    ),
    _mouse("mouse_intestine_moor", "jejunum", "half", "1"),
    _mouse("saver_zeisel", "cortex", "half", "1"),
    _mouse("mouse_pancreas_e15", "embryonic pancreas", "half", "1"),
    _mouse("mouse_e35_e45_4k", "embryo"),
    _mouse("mouse1M_10k", "brain"),
)
_RELATED = (
    frozenset(("blood", "lung tumour")),
    frozenset(("cell lines", "lung tumour")),
    frozenset(("oligodendrocytes", "cortex")),
    frozenset(("brain", "cortex")),
    frozenset(("oligodendrocytes", "brain")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A model.

    Attributes
    ----------
    name, folder
        What it is called, and where it is.
    species, tissue
        What it is for.
    studies
        What trained it: publications, or patients.
    """

    name: str
    folder: Path
    species: str
    tissue: str
    studies: frozenset[str] = field(default_factory=frozenset)


def relation(model: Known, cells: Cells) -> str | None:
    """Return how data and model are related; None for what is not judged."""
    if model.species != cells.species:
        return None
    own = model.studies & {cells.study, *cells.values}
    if own:
        parts = model.name in TRAINED and TRAINED[model.name].file == cells.file
        return "part" if parts and cells.values and TRAINED[model.name].values != cells.values else None
    if model.tissue == cells.tissue:
        return "tissue"
    return "related" if frozenset((model.tissue, cells.tissue)) in _RELATED else "other"


def read(cells: Cells, data: Path) -> AnnData:
    """Return the cells with raw counts in X."""
    path = data / "h5ad" / f"{cells.file}.h5ad"
    dataset = open_dataset(path)
    source = choose_counts(dataset)
    counts = sparse.csr_matrix(source.counts(slice(0, dataset.cells)).astype(np.float32))
    dataset.close()
    whole = read_h5ad(path)
    found = AnnData(counts, obs=whole.obs, var=pd.DataFrame(index=whole.var_names.astype(str)))
    return found[chosen(cells, whole.obs)].copy()


def chosen(cells: Cells, obs: pd.DataFrame) -> np.ndarray:
    """Return which cells of the file they are."""
    if not cells.column:
        return np.ones(len(obs), dtype=bool)
    if cells.column == "half":
        return np.isin((np.arange(len(obs)) % 2).astype(str), cells.values)
    if cells.column == "patient":
        names = obs["sample"].astype(str).str.split("_").str[2]
        return names.isin(cells.values).to_numpy()
    return obs[cells.column].astype(str).isin(cells.values).to_numpy()


def train(name: str, arguments: argparse.Namespace) -> Path:
    """Return the folder of a model of one study, trained where it is not there."""
    folder, cells = arguments.scratch / "models" / f"{name}-alone", TRAINED[name]
    if (folder / "manifest.json").is_file():
        return folder
    path = arguments.data / "h5ad" / f"{cells.file}.h5ad"
    study: Study = read_study(path, name=cells.file).take(chosen(cells, read_h5ad(path, backed="r").obs))
    tables = [arguments.data / "genes" / table for table in ("gencode-v44.csv", "hg19-10x.tsv")]
    folder.parent.mkdir(parents=True, exist_ok=True)
    print("training", name, study.counts.shape, flush=True)
    fit(
        [study],
        out=folder,
        options=options_for("default", min_detection=0.03, max_targets=7000, max_predictors=500),
        gene_table=read_gene_table(tables) if cells.species == HUMAN else None,
        about=About(species=cells.species, tissue=cells.tissue),
    )
    return folder


def models(arguments: argparse.Namespace) -> Iterator[Known]:
    """Yield every model, training what is not there."""
    yield Known(
        name="human-lung-adenocarcinoma",
        folder=CARDS / "human-lung-adenocarcinoma",
        species=HUMAN,
        tissue="lung tumour",
        studies=frozenset(("LX255B", *_PRIMARY)),
    )
    yield Known(
        name="human-lung-cell-lines",
        folder=CARDS / "human-lung-cell-lines",
        species=HUMAN,
        tissue="cell lines",
        studies=frozenset(("five lines",)),
    )
    names = {cells.file: cells.study for cells in DATA if cells.tissue == "blood"}
    every = frozenset(names.values()) - {"Mimitou 2019"}
    for name, cells in TRAINED.items():
        yield Known(
            name=name,
            folder=train(name, arguments),
            species=cells.species,
            tissue=cells.tissue,
            studies=frozenset((cells.study, *(v for v in cells.values if cells.column == "patient"))),
        )
    yield Known(name="human-pbmc", folder=CARDS / "human-pbmc", species=HUMAN, tissue="blood", studies=every)
    for left in _LEFT_OUT:
        folder = model_of(left, data=arguments.data, scratch=arguments.scratch, given={})
        assert folder is not None
        yield Known(
            name=f"human-pbmc without {left}",
            folder=folder,
            species=HUMAN,
            tissue="blood",
            studies=every - {names[left]},
        )
