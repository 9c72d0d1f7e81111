"""Where do the limits of a verdict belong? Models on cells of studies and of tissues that they have not seen.

Usage: python benchmarks/fitness_limits.py --data FOLDER [--scratch FOLDER]

FOLDER/h5ad holds the datasets of the recipes, and FOLDER/genes their gene tables. Beside the models of model_cards/
a model is trained on one study alone (of two tumours, each patient) into the scratch folder, once; of a study that
has no second of its tissue a part trains, and the rest is judged. Every model meets all data of its species that
trained nothing of it: 300 cells, drawn at random, by the quick check that imputing makes. What was measured is kept
in the scratch folder, too.

tissue: another study of the model's tissue, or another patient. part: other cells of the study that trained it.
related: another tissue that holds some of its kinds of cells, such as a tumour of lung and blood, or cortex and
oligodendrocytes. other: another tissue. Data and models of one publication are not paired, but for *part*.

The limits are tried on what they were not set on: for every pair they are set again without all pairs of its data's
study and of its model. They are those with the fewest wrong *fits*, and of these with the most right ones.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from anndata import AnnData, read_h5ad
from scipy import sparse

import cellfill
from cellfill.counts.find import Request, find_counts
from cellfill.counts.source import choose_counts
from cellfill.errors import GeneMatchError
from cellfill.fitness.verdict import GOOD_KNOWLEDGE, GOOD_LIKENESS, GOOD_SHARE
from cellfill.readers import dataset_of, open_dataset
from cellfill.tasks.imputation.prepare import prepare
from cellfill_training import About, Study, fit, options_for, read_gene_table, read_study
from common import keep, need, table

CARDS = Path("model_cards")
HUMAN, MOUSE = "Homo sapiens", "Mus musculus"
CELLS = 300
RELATIONS = ("tissue", "part", "related", "other")


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
    """Yield models of model_cards/ that have data to meet, and those of one study, training what is not there."""
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


def name_of(cells: Cells) -> str:
    """Return what the data are called in a table."""
    return cells.file + (f", {' '.join(cells.values)}" if cells.values else "")


def measure(model: cellfill.Model, adata: AnnData) -> dict[str, object]:
    """Return what the quick check says; of a model that the genes rule out, that alone."""
    settings = model.settings(estimate=None, threads=None)
    dataset = dataset_of(adata)
    found = find_counts(dataset, Request())
    source, names = found.source, found.names
    opened = model.opened
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", cellfill.FitWarning)
            prepared = prepare(opened, source, names, settings, cells=dataset.cells, dense=False)
    except GeneMatchError:
        return {"refused": True}
    assert prepared.gate is not None
    of = prepared.gate.evidence
    return {"knowledge": of.knowledge, "known": of.known, "likeness": of.likeness, "level": of.level}


def measured(arguments: argparse.Namespace) -> list[dict[str, object]]:
    """Measure every pair, or take what was measured before."""
    path = arguments.scratch / "fitness-limits.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    done = {(row["model"], row["data"]) for row in rows}
    drawn: dict[Cells, AnnData] = {}
    for known in models(arguments):
        pairs = [(cells, how) for cells in DATA if (how := relation(known, cells)) is not None]
        pairs = [(cells, how) for cells, how in pairs if (known.name, name_of(cells)) not in done]
        model = cellfill.load(known.folder) if pairs else None
        for cells, how in pairs:
            assert model is not None
            if cells not in drawn:
                whole = read(cells, arguments.data)
                order = np.random.default_rng(0).permutation(whole.n_obs)[:CELLS]
                drawn[cells] = whole[np.sort(order)].copy()
            row = {
                "model": known.name,
                "data": name_of(cells),
                "relation": how,
                "study": cells.study,
                "trained on": sorted(known.studies),
                **measure(model, drawn[cells]),
            }
            print(row, flush=True)
            rows.append(row)
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
    return rows


def limits(rows: Sequence[dict]) -> tuple[float, float]:
    """Return the limits of knowledge and likeness with the fewest wrong fits, of these the most right ones.

    Of limits that do as well, the highest: a wrong fit is worse than a limit that was none.
    """
    found = {}
    for knowledge in np.arange(0.50, 0.901, 0.02).round(2).tolist():
        for likeness in np.arange(0.60, 0.961, 0.01).round(2).tolist():
            fitting = [row["relation"] for row in rows if fits(row, knowledge, likeness)]
            right = fitting.count("tissue")
            found[knowledge, likeness] = (right + fitting.count("part") - len(fitting), right)
    best = max(found.values())
    knowledge, likeness = max((place for place, score in found.items() if score == best), key=sum)
    return knowledge, likeness


def fits(row: dict, knowledge: float, likeness: float) -> bool:
    """Return whether a verdict would be *fits*."""
    if "refused" in row or row["level"] <= 0 or row["known"] < GOOD_SHARE:
        return False
    return row["knowledge"] >= knowledge and row["likeness"] >= likeness


def apart(one: dict, other: dict) -> bool:
    """Return whether two pairs have neither data nor training studies in common."""
    return not {one["study"], *one["trained on"]} & {other["study"], *other["trained on"]}


def counts(rows: Sequence[dict], verdicts: Sequence[bool]) -> list[str]:
    """Return how many pairs of every relation fit."""
    said = []
    for how in RELATIONS:
        of = [fit for row, fit in zip(rows, verdicts, strict=True) if row["relation"] == how]
        said.append(f"{sum(of)} of {len(of)}")
    return said


def main() -> None:
    """Measure, set limits, and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path("benchmarks/scratch"))
    arguments = parser.parse_args()
    need("tensorflow")
    every = measured(arguments)
    rows = [row for row in every if "refused" not in row]
    rows.sort(key=lambda row: (RELATIONS.index(row["relation"]), -row["knowledge"]))
    found = [limits([other for other in rows if apart(other, row)]) for row in rows]
    left_out = [fits(row, *own) for row, own in zip(rows, found, strict=True)]
    low, high = np.array(found).min(axis=0), np.array(found).max(axis=0)
    tried = [
        ("knowledge .62 alone, as it was", [fits(row, 0.62, -1.0) for row in rows]),
        (
            f"the limits: knowledge {GOOD_KNOWLEDGE:.0%}, likeness {GOOD_LIKENESS:.2f}",
            [fits(row, GOOD_KNOWLEDGE, GOOD_LIKENESS) for row in rows],
        ),
        (
            f"set without the pair's studies: {low[0]:.0%} to {high[0]:.0%}, {low[1]:.2f} to {high[1]:.2f}",
            left_out,
        ),
    ]
    summary = table(
        ("pairs that *fit* without limits", *RELATIONS),
        [[said, *counts(rows, verdicts)] for said, verdicts in tried],
    )
    body = table(
        ("model", "data", "relation", "knowledge", "genes better by itself", "likeness", "fits", "set without it"),
        [
            [
                *(row["model"], row["data"], row["relation"], f"{row['knowledge']:.0%}", f"{row['known']:.0%}"),
                f"{row['likeness']:.2f}",
                "yes" if fits(row, GOOD_KNOWLEDGE, GOOD_LIKENESS) else "",
                "yes" if right else "",
            ]
            for row, right in zip(rows, left_out, strict=True)
        ],
    )
    refused = f"{len(every) - len(rows)} more pairs are refused by their genes."
    keep("fitness-limits", "python benchmarks/fitness_limits.py --data FOLDER", f"{summary}\n\n{refused}\n\n{body}")


if __name__ == "__main__":
    main()
