"""What the quick check says of every pair of `limits.py`; models of one study are trained for it."""

from __future__ import annotations

import argparse
import json
import os
import warnings
from collections.abc import Iterator
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
from cellfill.readers import dataset_of, open_dataset
from cellfill.tasks.imputation.options import ImputeOptions
from cellfill.tasks.imputation.prepare import prepare
from cellfill_training import About, Study, fit, options_for, read_gene_table, read_study
from fitness.limits_cells import DATA, HUMAN, PRIMARY, TRAINED, Cells, Known, name_of, relation

CARDS = Path("model_cards")
CELLS = 300


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
        studies=frozenset(("LX255B", *PRIMARY)),
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


def measure(model: cellfill.Model, adata: AnnData) -> dict[str, object]:
    """Return what the quick check says; of a model that the genes rule out, that alone."""
    dataset = dataset_of(adata)
    found = find_counts(dataset, Request())
    source, names = found.source, found.names
    opened = model.opened
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", cellfill.FitWarning)
            prepared = prepare(opened, source, names, ImputeOptions(), cells=dataset.cells, dense=False)
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
