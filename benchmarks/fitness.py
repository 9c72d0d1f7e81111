"""Does `cellfill check` tell the truth? Its verdicts, its error by gene, what is gained by leaving genes alone.

Usage: python benchmarks/fitness.py --data FOLDER [--scratch FOLDER] [--parts verdicts gates truth]

FOLDER/h5ad holds the datasets of the recipes. Models are those of model_cards/; for a PBMC study that human-pbmc
was trained on, its recipe is trained again without that study, once, into the scratch folder.

verdicts: models on studies that they have not seen, on other tissues, on other species, and on the same cells
with the genes' names in a random order; 50, 100 and 300 cells, and up to 2,000. "Seen" marks a model that was
trained on some of the cells. gain of the model: with gene levels corrected, in nats a hidden molecule over gene
mean x library; knowledge: that gain as a share of what many such cells would teach without the model.

gates: a fifth of the molecules is put aside. From the others zeros are filled (`expected`), with and without
leaving genes alone that a quick check on these others finds no better than their mean. Over all entries that are
filled (zeros of filled genes), the Poisson loss of the molecules that were put aside, of what was filled and of
gene mean x library on the same entries; the sum over the entries that only the ungated run fills; and ARI of
Leiden clusters of all genes at resolution 1 against labels where there are any, on the whole counts.

truth: deeply sequenced cells with simulated loss (SAVER's). A model is trained on half of the lossy cells and
checked on the other half. By gene, the check's gain against the gain on the true counts, and its MSE of hidden
counts against the MSE on the counts that the simulation lost: Spearman's rank correlation.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import anndata
import numpy as np
from scipy import sparse, stats

import cellfill
from accuracy.models import model_of
from cellfill.counts.source import choose_counts
from cellfill.errors import CellfillError
from cellfill.estimates import expressed
from cellfill.readers import open_dataset
from cellfill_training import fit, options_for, read_study
from cellfill_training.evaluation.protocols.clusters import cluster_scores
from common import keep, need, table

CARDS = Path("model_cards")
SIZES = (100, 300, 2000)
FEW = 50  # of which a check cannot be sure
PBMC, LUAD, LINES, PANCREAS = (
    "human-pbmc",
    "human-lung-adenocarcinoma",
    "human-lung-cell-lines",
    "mouse-pancreas-e15",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A dataset and a model."""

    data: str
    model: str
    relation: str
    labels: str | None = None


PAIRS = (
    *(Pair(data=d, model=PBMC, relation="tissue") for d in ("pbmc3k", "pbmc4k_soupx", "pbmc_donorA", "pbmc1k_5p")),
    Pair(data="kang_pbmc", model=PBMC, relation="tissue"),
    Pair(data="zheng_pbmc14k_3500", model=PBMC, relation="tissue", labels="cell_type"),
    Pair(data="luad_patients", model=LUAD, relation="tissue, seen"),
    Pair(data="mix5cl_celseq2", model=LINES, relation="tissue, seen", labels="cell_type"),
    Pair(data="mouse_pancreas_e15", model=PANCREAS, relation="tissue, seen", labels="cell_type"),
    Pair(data="luad_patients", model=PBMC, relation="other tissue"),
    Pair(data="zheng_pbmc14k_3500", model=LUAD, relation="other tissue", labels="cell_type"),
    Pair(data="luad_patients", model=LINES, relation="other tissue"),
    Pair(data="pbmc1k_5p", model=LINES, relation="other tissue"),
    Pair(data="mix5cl_celseq2", model=PBMC, relation="other tissue", labels="cell_type"),
    Pair(data="saver_baron", model=PBMC, relation="other tissue"),
    Pair(data="saver_zeisel", model=PANCREAS, relation="other tissue", labels="cell_type"),
    Pair(data="mouse_e35_e45_4k", model=PANCREAS, relation="other tissue"),
    Pair(data="mouse1M_10k", model=PANCREAS, relation="other tissue"),
    Pair(data="mouse1M_10k", model=PBMC, relation="other species"),
    Pair(data="mouse_pancreas_e15", model=PBMC, relation="other species"),
    Pair(data="saver_zeisel", model=PBMC, relation="other species"),
    Pair(data="worm_l2", model=PBMC, relation="other species"),
)


def load(pair: Pair, arguments: argparse.Namespace) -> cellfill.Model:
    """Return the model, one that the study trained nothing of where there can be one."""
    if pair.model == PBMC and pair.relation == "tissue":
        folder = model_of(pair.data, data=arguments.data, scratch=arguments.scratch, given={})
        return cellfill.load(folder)
    return cellfill.load(CARDS / pair.model)


def read(arguments: argparse.Namespace, pair: Pair) -> anndata.AnnData:
    """Return the dataset with its counts in X, whatever it held them in."""
    path = arguments.data / "h5ad" / f"{pair.data}.h5ad"
    dataset = open_dataset(path)
    source = choose_counts(dataset)
    counts = sparse.csr_matrix(source.counts(slice(0, dataset.cells)).astype(np.float32))
    dataset.close()
    whole = anndata.read_h5ad(path)
    var = whole.raw.var if source.matrix.name == "raw.X" else whole.var
    return anndata.AnnData(counts, obs=whole.obs, var=var)


def some(adata: anndata.AnnData, number: int, seed: int = 0) -> anndata.AnnData:
    """Return so many cells, drawn at random."""
    rows = np.random.default_rng(seed).permutation(adata.n_obs)[:number]
    return adata[np.sort(rows)].copy()


def wrong(adata: anndata.AnnData) -> anndata.AnnData:
    """Return the same counts under other genes' names."""
    order = np.random.default_rng(0).permutation(adata.n_vars)
    return anndata.AnnData(adata.X, obs=adata.obs, var=adata.var.iloc[order])


def verdict_rows(arguments: argparse.Namespace) -> Iterator[list[str]]:
    """Check every pair."""
    for pair in PAIRS:
        model, whole = load(pair, arguments), read(arguments, pair)
        for number in (FEW, *SIZES):
            if number > 1.2 * whole.n_obs:
                continue
            adata = some(whole, number)
            yield verdict_row(pair, model, adata, pair.relation)
            if number == SIZES[1] and "tissue" in pair.relation and "other" not in pair.relation:
                yield verdict_row(pair, model, wrong(adata), "names in random order")


def verdict_row(pair: Pair, model: cellfill.Model, adata: anndata.AnnData, relation: str) -> list[str]:
    """Return a row of the table."""
    fitness = model.check(adata)
    row = [pair.data, pair.model, relation, str(adata.n_obs), f"**{fitness.verdict}**"]
    print(*row, flush=True)
    if fitness.evidence is None or fitness.genes is None:
        return [*row, "-", "-", "-", "-", "coverage or species"]
    of, genes = fitness.evidence, fitness.genes
    masked = {f.method: f for f in fitness.figures if f.protocol == "masked entries"}
    ours, trivial = masked["model, calibrated"], masked["non-zero mean + library slope"]
    return [
        *row,
        f"{of.level:.3f}",
        f"{of.knowledge:.0%}",
        f"{genes.trusted[genes.tried].mean():.0%}",
        f"{genes.filled[genes.tried].mean():.0%}",
        f"{ours.mse:.4f} / {trivial.mse:.4f}",
    ]


def gate_rows(arguments: argparse.Namespace) -> Iterator[list[str]]:
    """Fill with and without gates, where the model can be applied at all."""
    for pair in PAIRS:
        model, whole = load(pair, arguments), read(arguments, pair)
        for number in SIZES:
            if number > 1.2 * whole.n_obs:
                continue
            try:
                row = gate_row(pair, model, some(whole, number))
            except CellfillError as error:
                print(pair, str(error)[:100])
                break
            print(*row, flush=True)
            yield row


def gate_row(pair: Pair, model: cellfill.Model, adata: anndata.AnnData) -> list[str]:
    """Return a row of the table."""
    aside = np.random.default_rng(1).binomial(adata.X.data.astype(np.int64), 0.2).astype(np.float32)
    kept, hidden = adata.copy(), adata.X.copy()
    hidden.data = aside
    kept.X.data = adata.X.data - aside
    kept.X.eliminate_zeros()
    hidden.eliminate_zeros()
    free, gated = (model.impute(kept, gate=gate, copy=True) for gate in (False, True))
    without, left = free.var["imputed"].to_numpy(), ~gated.var["imputed"].to_numpy()
    values = free.layers["imputed"].toarray() / 4
    counts, truth = kept.X.toarray(), hidden.toarray()
    library, level = counts.sum(axis=1, dtype=np.float64), counts.sum(axis=0, dtype=np.float64) + 0.5
    constant = np.outer(library / library.sum(), level) / 4
    zero = counts == 0
    every, only = (
        _losses(values, constant, truth, zero & without),
        _losses(values, constant, truth, zero & without & left),
    )
    ours = _losses(values, constant, truth, zero & without & ~left)
    molecules = float(truth[zero & without & left].sum())
    return [
        pair.data,
        pair.model,
        pair.relation,
        str(adata.n_obs),
        f"{(without & left).sum():,} of {without.sum():,}",
        f"{every[0]:.4f} / {every[1]:.4f}",
        f"{ours[0]:.4f} / {ours[1]:.4f}",
        f"{only[2]:+.0f} of {molecules:.0f}" if molecules else "-",
        *_clusters(pair, model, adata),
    ]


def _losses(values: Any, constant: Any, truth: Any, where: Any) -> tuple[float, float, float]:
    """Return the mean loss of what was filled and of the constant over some entries, and the summed gain."""
    y = truth[where].astype(np.float64)
    found = [m - y * np.log(m) for m in (np.maximum(v[where].astype(np.float64), 1e-7) for v in (values, constant))]
    if not len(y):
        return float("nan"), float("nan"), 0.0
    return float(found[0].mean()), float(found[1].mean()), float((found[1] - found[0]).sum())


def _clusters(pair: Pair, model: cellfill.Model, adata: anndata.AnnData) -> list[str]:
    """Return the ARI of raw counts, and of counts filled without and with gates."""
    if pair.labels is None:
        return ["-", "-", "-"]
    labels = adata.obs[pair.labels].astype(str).to_numpy()
    filled = [model.impute(adata, gate=gate, copy=True).layers["imputed"] for gate in (False, True)]
    kept = np.asarray((adata.X > 0).sum(axis=0)).ravel() >= 3
    found = [cluster_scores(m[:, kept].toarray(), labels) for m in (adata.X, *filled)]
    return [f"{scores.ari:.3f}" for scores in found]


def truth_rows(arguments: argparse.Namespace) -> Iterator[list[str]]:
    """Check a model where the truth is known."""
    for name in ("saver_zeisel", "saver_baron"):
        path = arguments.data / "h5ad" / f"{name}.h5ad"
        lossy, truth = read_study(path, layer="downsampled"), sparse.csr_matrix(anndata.read_h5ad(path).X)
        order = np.random.default_rng(0).permutation(lossy.counts.shape[0])
        taught, rest = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
        with tempfile.TemporaryDirectory() as scratch:
            options = options_for("default", min_detection=0.05, min_genes=1)
            fit([lossy.take(taught)], out=Path(scratch) / "model", options=options)
            model = cellfill.load(Path(scratch) / "model")
        names = [column[0] for column in zip(*lossy.gene_names, strict=True)]
        adata = anndata.AnnData(lossy.counts[rest])
        adata.var_names = names
        yield truth_row(name, model, adata, truth[rest].toarray())


def truth_row(name: str, model: cellfill.Model, adata: anndata.AnnData, truth: Any) -> list[str]:
    """Return a row of the table."""
    fitness = model.check(adata)
    genes = fitness.genes
    assert genes is not None
    place = adata.var_names.get_indexer(genes.names)
    mean = model.impute(adata, gate=False, policy="all", copy=True)[:, place].layers["imputed"].toarray()
    counts, real = adata.X[:, place].toarray(), truth[:, place]
    # What is true of a cell is known up to its loss; the deep counts at the depth of the lossy ones are its rate.
    kept = counts.sum(axis=1, dtype=np.float64) / real.sum(axis=1, dtype=np.float64)
    rate = real * kept[:, None]
    constant = gene_mean(counts)
    gain = ((constant - mean) + rate * np.log(np.maximum(mean, 1e-7) / constant)).sum(axis=0) / rate.sum(axis=0)
    lost = (counts == 0) & (real > 0)
    squares = (np.log1p(expressed(mean)) - np.log1p(np.maximum(rate, 1))) ** 2
    error = np.where(lost.sum(axis=0) >= 10, (squares * lost).sum(axis=0) / np.maximum(lost.sum(axis=0), 1), np.nan)
    told = np.isfinite(error) & np.isfinite(genes.mse)
    return [
        name,
        str(adata.n_obs),
        str(len(genes.names)),
        fitness.verdict,
        f"{stats.spearmanr(genes.gain, gain).statistic:.3f}",
        f"{stats.spearmanr(genes.mse[told], error[told]).statistic:.3f}",
        f"{abs(stats.spearmanr(genes.mean[told], error[told]).statistic):.3f}",
        f"{np.mean(gain[genes.filled] > 0):.0%} / {np.mean(gain[~genes.filled] > 0):.0%}"
        if (~genes.filled).any()
        else "-",
    ]


def gene_mean(counts: Any) -> Any:
    """Gene mean x library."""
    library, level = counts.sum(axis=1, dtype=np.float64), counts.sum(axis=0, dtype=np.float64) + 0.5
    return np.outer(library / library.sum(), level)


HEADERS: dict[str, Sequence[str]] = {
    "verdicts": (
        *("data", "model", "relation", "cells", "verdict", "gain of the model", "knowledge"),
        *("genes surely known", "genes filled", "masked MSE: calibrated / trivial"),
    ),
    "gates": (
        *("data", "model", "relation", "cells", "genes left alone", "loss filled / constant, ungated"),
        *(
            "loss filled / constant, gated",
            "gain on what is left alone, nats of molecules",
            "ARI raw",
            "ungated",
            "gated",
        ),
    ),
    "truth": (
        *("data", "cells", "genes", "verdict", "rank correlation of gains", "of MSE"),
        "of the mean count alone with the true MSE",
        "genes with a true gain: filled / left alone",
    ),
}
ROWS = {"verdicts": verdict_rows, "gates": gate_rows, "truth": truth_rows}


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path("benchmarks/scratch"))
    parser.add_argument("--parts", nargs="+", choices=list(ROWS), default=list(ROWS))
    arguments = parser.parse_args()
    need("tensorflow")
    for part in arguments.parts:
        body = table(HEADERS[part], list(ROWS[part](arguments)))
        keep(f"fitness-{part}", f"python benchmarks/fitness.py --data FOLDER --parts {part}", body)


if __name__ == "__main__":
    main()
