"""Is a gene's RNA higher in the cells that carry its protein? As counted, and as filled.

Usage: python benchmarks/estimates/protein.py --data FOLDER [--model BUNDLE]

FOLDER/h5ad/human_ctcl_pbmc_cite.h5ad: RNA and 49 antibodies in the same 500 cells (ECCITE-seq of a patient and a
control, Mimitou et al. 2019, GSE126310), which no model was trained on. An antibody counts where its levels split
the cells in two (docs/evaluation.md, `protein`); the figure is the area under the ROC curve of its gene's counts by
library size. Every entry is replaced, but in the last two columns, where zeros are filled and counts stay.
Neighbours, MAGIC and ALRA see the same cells and have no model.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "accuracy" / "workers")]

import numpy as np
from alra import alra
from knn import knn

from common import keep, need, table

CELLS = "human_ctcl_pbmc_cite"
READ_OUTS = ("expected, all", "posterior, all", "expected", "posterior")


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path("model_cards/human-pbmc"))
    parser.add_argument("--scratch", type=Path, help="where MAGIC's environment is kept [default: made anew]")
    arguments = parser.parse_args()
    need("tensorflow", "sklearn", "cellfill_training")
    from accuracy.magic import magic
    from cellfill_training.evaluation.methods import baselines, of_bundle
    from cellfill_training.evaluation.protocols.protein import protein_of
    from cellfill_training.evaluation.subjects import read_subject

    subject = read_subject(arguments.data / "h5ad" / f"{CELLS}.h5ad", proteins="protein_counts")
    study = subject.study
    task = protein_of(study, subject.carried or ())
    assert task is not None
    mean = baselines()[1].predict(study)["expected"]
    with tempfile.TemporaryDirectory() as folder:
        environments = arguments.scratch or Path(folder) / "environments"
        smooth, _ = magic(study, environments=environments, folder=Path(folder))
    others = {
        "gene mean x library": mean,
        "15 neighbours": knn(study.counts),
        "MAGIC": smooth,
        "ALRA": alra(study.counts)[0],
    }
    columns = {"raw": next(iter(task.by_antibody({"expected": study.counts.toarray()}).values()))}
    for name, values in others.items():
        columns[name] = task.by_antibody({"expected": values})["expected, all"]
    model = of_bundle(arguments.model, calibrate=True).predict(study)
    ours = task.by_antibody(model)
    columns |= {f"{arguments.model.name}, {name}": ours[name] for name in READ_OUTS}
    filled = {c.antibody: bool(np.isfinite(model["expected"][:, c.gene]).all()) for c in task.carried}
    rows = [
        [
            c.antibody,
            study.gene_names[0][c.gene] + ("" if filled[c.antibody] else " (not filled)"),
            f"{c.cells.sum()}",
        ]
        + [f"{column[c.antibody]:.3f}" for column in columns.values()]
        for c in task.carried
    ]
    means = ["mean", "", "", *(f"{np.mean(list(column.values())):.3f}" for column in columns.values())]
    worse = [f"{sum(column[name] < columns['raw'][name] - 0.01 for name in column)}" for column in columns.values()]
    body = table(
        ["antibody", "gene", "cells that carry it", *columns],
        [*rows, means, ["below raw by more than .01", "", "", *worse]],
    )
    keep(
        Path(__file__).with_name("protein.md"),
        "python benchmarks/estimates/protein.py --data FOLDER",
        f"{study.counts.shape[0]} cells. Area under the ROC curve:\n\n{body}",
    )


if __name__ == "__main__":
    main()
