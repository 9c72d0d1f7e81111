"""The cells and the models of `limits.py`, and how they are related."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

HUMAN, MOUSE = "Homo sapiens", "Mus musculus"


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
PRIMARY = ("LX680", "LX653", "LX684", "LX701")
# What a model is trained on, by its name.
TRAINED = {
    "one-3k": _blood("pbmc3k", "pbmc3k"),
    "one-5p": _blood("pbmc1k_5p", "pbmc1k_5p"),
    "one-kang": _blood("kang_pbmc", "Kang 2018"),
    "one-LX255B": _tumour("LX255B"),
    "one-LX679": _tumour("LX679"),
    "islets": Cells(**_ISLETS, column="sample", values=("human1_lib1", "human1_lib2")),
    "progenitors": _mouse("mouse_hspc_indrop", "bone marrow", "sample", "P9A", "P12A"),
    "oligodendrocytes": _mouse(
        "mouse_oligodendrocyte_marques", "oligodendrocytes", "sample", "SN-VTA", "zona incerta"
    ),
}
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
    _tumour(*PRIMARY),
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


def name_of(cells: Cells) -> str:
    """Return what the data are called in a table."""
    return cells.file + (f", {' '.join(cells.values)}" if cells.values else "")
