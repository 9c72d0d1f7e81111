"""A pre-trained model fine-tuned on new cells, against calibration alone and against training on those cells.

Usage: python benchmarks/transfer/fine_tuning.py --data FOLDER [--sizes 200 1000] [--seeds 2]

Models: human-pbmc on zheng_sorted, which it never saw; and one of pbmc3k alone on kang_pbmc (half of the cells
stimulated with interferon beta, which it never saw either) and on pbmc1k_5p (another chemistry). What is trained
sees the cells with the hidden entries, or molecules, taken away; `trained on the cells` in genes of 5 % of the
study's cells, the rest in all. Every method is scored on the same entries: of genes of 5 % of the cells that the
pre-trained model fills.

Masked: ten non-zero counts a gene hidden, drawn by the dropout curve (Arisdakessian 2019), estimate `expressed`,
MSE and Pearson on log1p counts. Molecules: 90 % predict 10 % (Batson 2019), estimate `expected`, Poisson loss over
that of gene mean x library; lower is better.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from cellfill.bundle import Bundle, read_bundle
from cellfill.fitness import baselines
from cellfill.fitness.hiding import hide_entries, split_molecules
from cellfill.fitness.metrics import masked_scores, poisson_loss
from cellfill_training import About, Study, fit, options_for, read_gene_table, read_study, tuning_options
from cellfill_training.evaluation import Judge
from cellfill_training.studies.study import filter_cells
from common import keep, need, table
from transfer.self_training import LEAST_DETECTION, detection, draw, subset

MODEL = Path("model_cards/human-pbmc")
SOURCE = "pbmc3k"
GENE_TABLES = ("genes/gencode-v44.csv", "genes/hg19-10x.tsv")
CASES = (("human-pbmc", "zheng_pbmc14k_3500"), (SOURCE, "kang_pbmc"), (SOURCE, "pbmc1k_5p"))

Found = dict[str, np.ndarray]


def with_counts(study: Study, counts: object) -> Study:
    """Return a study's genes with other counts of the same shape."""
    return Study(name=study.name, counts=counts, gene_names=study.gene_names)


def models(start: Bundle, cells: Study, genes: np.ndarray, scratch: Path) -> dict[str, tuple[Judge, Study, float]]:
    """Return the models to compare, the cells in the genes that each reads, and the seconds that it took."""
    made: dict[str, tuple[Judge, Study, float]] = {"pre-trained": (Judge(start), cells, 0.0)}
    began = time.perf_counter()
    tuned = fit(
        [cells], out=scratch / "tuned", start=start, options=tuning_options("default", min_genes=1), overwrite=True
    )
    made["fine-tuned"] = Judge(tuned), cells, time.perf_counter() - began
    seen, wanted = subset(cells, genes), [cells.gene_names[-1][g] for g in genes]
    options = options_for("default", min_genes=1, min_detection=0.0)
    began = time.perf_counter()
    own = fit([seen], out=scratch / "own", options=options, targets=wanted, overwrite=True)
    made["trained on the cells"] = Judge(own), seen, time.perf_counter() - began
    return made


def measure(start: Bundle, study: Study, part: Study, seed: int, scratch: Path) -> Found:
    """Return MSE, Pearson, ratio of Poisson losses and seconds of every method on some cells of a study."""
    genes = np.flatnonzero(detection(study) >= LEAST_DETECTION)
    place = np.full(part.counts.shape[1], -1)
    place[genes] = np.arange(len(genes))
    fills = Judge(start).targets(part)
    found: Found = {}
    masked = hide_entries(part.counts, genes, seed=seed)
    scored = np.isin(masked.columns, fills)
    rows, columns, truth = masked.rows[scored], masked.columns[scored], masked.truth[scored]
    for name, (judge, cells, seconds) in models(start, with_counts(part, masked.counts), genes, scratch).items():
        at = columns if cells.counts.shape[1] == part.counts.shape[1] else place[columns]
        for calibrate in (False, True):
            values, _ = judge.predict(cells, cells.counts, estimate="expressed", calibrate=calibrate)
            scores = masked_scores(values[rows, at], truth)
            found[f"{name}, calibrated" if calibrate else name] = np.array([*scores.values(), np.nan, seconds])
    kept, rest = split_molecules(part.counts, seed=seed)
    columns = np.intersect1d(fills, genes)
    hidden = rest[:, columns]
    trivial = poisson_loss(baselines.gene_mean(kept)[:, columns] / 9, hidden)
    for name, (judge, cells, _) in models(start, with_counts(part, kept), genes, scratch).items():
        at = columns if cells.counts.shape[1] == part.counts.shape[1] else place[columns]
        for calibrate in (False, True):
            mean, _ = judge.predict(cells, cells.counts, estimate="expected", calibrate=calibrate)
            found[f"{name}, calibrated" if calibrate else name][2] = poisson_loss(mean[:, at] / 9, hidden) / trivial
    return found


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    need("tensorflow")
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        source = read_study(arguments.data / "h5ad" / f"{SOURCE}.h5ad")
        starts = {
            "human-pbmc": read_bundle(MODEL),
            SOURCE: fit(
                [source],
                out=scratch / SOURCE,
                gene_table=read_gene_table([arguments.data / name for name in GENE_TABLES]),
                about=About(species="Homo sapiens"),
            ),
        }
        for model, name in CASES:
            study = filter_cells(read_study(arguments.data / "h5ad" / f"{name}.h5ad", name=name), min_genes=200)
            sizes = [size for size in arguments.sizes if size <= study.counts.shape[0]]
            rows: dict[str, list[str]] = {}
            for size in sizes:
                runs = []
                for seed in range(arguments.seeds):
                    runs.append(measure(starts[model], study, draw(study, size, seed), seed, scratch))
                    print(name, size, seed, {k: v.round(4).tolist() for k, v in runs[-1].items()}, flush=True)
                for method in runs[0]:
                    mse, pearson, loss, seconds = np.mean([run[method] for run in runs], axis=0)
                    cell = f"{mse:.4f} / {pearson:.3f} / {loss:.4f} / {seconds:.0f}"
                    rows.setdefault(method, [method]).append(cell)
            header = [f"{model} on {study.name}", *(f"{size:,} cells" for size in sizes)]
            parts.append(table(header, list(rows.values())))
    about = (
        "MSE / Pearson of hidden entries / Poisson loss of molecules over that of gene mean x library / seconds of "
        f"training and export; mean of {arguments.seeds} draws of cells.\n\n"
    )
    keep(
        Path(__file__).with_name("fine-tuning.md"),
        f"python benchmarks/transfer/fine_tuning.py --data FOLDER --seeds {arguments.seeds}",
        about + "\n\n".join(parts),
    )


if __name__ == "__main__":
    main()
