"""The tables of one dataset and protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from common import table

from .kept import Outcome
from .methods import METHODS

# By protocol: what a column is called, the estimate and the figure, and how it is written.
Column = tuple[str, str, str, str]
COLUMNS: dict[str, tuple[Column, ...]] = {
    "masked": (
        ("MSE, `expressed`", "expressed", "mse", ".4f"),
        ("Pearson, `expressed`", "expressed", "pearson", ".3f"),
        ("MSE, read out for its metric", "log_expressed", "mse", ".4f"),
        ("Pearson, the same", "log_expressed", "pearson", ".3f"),
        ("MSE, `expected`", "expected", "mse", ".4f"),
        ("Pearson, `expected`", "expected", "pearson", ".3f"),
        ("by gene: MSE, `expressed`", "expressed", "mse_by_gene", ".4f"),
        ("Pearson, `expressed`", "expressed", "pearson_by_gene", ".3f"),
    ),
    "molecules": (
        ("Poisson loss, `expected`", "expected", "poisson", ".5f"),
        ("`posterior`", "posterior", "poisson", ".5f"),
        ("`expressed`", "expressed", "poisson", ".5f"),
        ("log-normalised MSE, `expected`", "expected", "log_mse", ".4f"),
        ("`posterior`", "posterior", "log_mse", ".4f"),
        ("`expressed`", "expressed", "log_mse", ".4f"),
        ("read out for its metric, `expected`", "expected", "log_mse_read_out", ".4f"),
        ("`posterior`", "posterior", "log_mse_read_out", ".4f"),
    ),
}
# By protocol in which filled counts are judged: what a column is called, the figure, and how it is written.
_CLUSTERS = (
    ("clusters", "clusters", ".1f"),
    ("ARI", "ari", ".3f"),
    ("AMI", "ami", ".3f"),
    ("Fowlkes-Mallows", "fowlkes_mallows", ".3f"),
    ("as many clusters as types: clusters", "matched_clusters", ".1f"),
    ("ARI", "matched_ari", ".3f"),
    ("AMI", "matched_ami", ".3f"),
    ("Fowlkes-Mallows", "matched_fowlkes_mallows", ".3f"),
    ("silhouette of the types", "silhouette", ".3f"),
)
FIGURES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "truth": (
        ("correlation by gene", "gene_correlation", ".3f"),
        ("by cell", "cell_correlation", ".3f"),
        ("gene-gene error, mean absolute", "gene_gene_error", ".3f"),
        ("root mean square", "gene_gene_rms", ".3f"),
        ("excess", "gene_gene_excess", "+.3f"),
        ("true zeros given 0.5 or more", "true_zeros_filled", ".3f"),
        ("mean put into true zeros", "true_zeros_mean", ".3f"),
        ("into lost counts", "lost_mean", ".3f"),
    ),
    "clusters": _CLUSTERS,
    "simulation": (
        ("AUC, all genes", "auc_all", ".3f"),
        ("AUC, the paper's", "auc", ".3f"),
        ("precision of the first 500", "precision", ".3f"),
        ("false positives", "false_positives", ".3f"),
        *_CLUSTERS,
    ),
}
SCOPES = {"all": "all genes", "filled": "genes that the pre-trained model fills"}


def tables(dataset: str, protocol: str, found: Sequence[Outcome]) -> list[str]:
    """Return a table for every scope; means over the seeds, with their spread."""
    if protocol in FIGURES:
        return [_judged(dataset, protocol, found)]
    scopes = [scope for scope in SCOPES if any(_has(entry, scope) for *_, entry in found)]
    return [_one(dataset, protocol, scope, found) for scope in scopes]


def _one(dataset: str, protocol: str, scope: str, found: Sequence[Outcome]) -> str:
    columns = COLUMNS[protocol]
    rows = []
    for name, method in METHODS.items():
        entries = [entry for *_, m, entry in found if m == name and "variants" in entry]
        for variant, label in method.gives.items():
            scored = [e["variants"][variant][scope] for e in entries if scope in e["variants"][variant]]
            if scored:
                rows.append([label, *(_cell(scored, c) for c in columns), *_cost(entries, variant)])
    header = ["method", *(c[0] for c in columns), "fit, s", "predict, s", "CPU, s", "peak MB"]
    return f"{_about(dataset, protocol, SCOPES[scope], found)}:\n\n" + table(header, rows)


def _judged(dataset: str, protocol: str, found: Sequence[Outcome]) -> str:
    """Return a row for every read-out of every method."""
    rows = []
    for name, method in METHODS.items():
        entries = [entry for *_, m, entry in found if m == name and "variants" in entry]
        for variant, label in method.gives.items():
            scored = [entry["variants"][variant]["all"] for entry in entries]
            for read_out in dict.fromkeys(read_out for scores in scored for read_out in scores):
                cells = [_cell(scored, (head, read_out, figure, form)) for head, figure, form in FIGURES[protocol]]
                filled = _cell(scored, ("", read_out, "filled_genes", ",.0f"))
                rows.append([label, read_out, filled, *cells])
    header = ["method", "read-out", "genes filled", *(head for head, *_ in FIGURES[protocol])]
    return f"{_about(dataset, protocol, SCOPES['all'], found)}:\n\n" + table(header, rows)


def _about(dataset: str, protocol: str, scope: str, found: Sequence[Outcome]) -> str:
    sizes = sorted({(entry["cells"], entry["genes"]) for *_, entry in found})
    models = {entry["model"] for *_, entry in found if entry.get("model")}
    size = " or ".join(f"{cells:,} cells x {genes:,} genes" for cells, genes in sizes)
    draws = len({seed for _, _, seed, *_ in found})
    about = f"**{dataset}**, {protocol}, {scope}; {size}; {draws} {'draw' if draws == 1 else 'draws'}"
    about += f"; pre-trained: {', '.join(sorted(models))}" if models else ""
    threads = {entry["threads"] for *_, entry in found}
    return about + "; threads a method: " + ", ".join(sorted(str(t or "its own choice") for t in threads))


def _has(entry: dict[str, Any], scope: str) -> bool:
    return any(scope in scores for scores in entry.get("variants", {}).values())


def _cell(scored: Sequence[dict[str, Any]], column: Column) -> str:
    _, estimate, figure, form = column
    values = np.array([scores[estimate].get(figure, np.nan) for scores in scored if estimate in scores])
    values = values[~np.isnan(values)]
    if not len(values):
        return "-"
    spread = f" ± {values.std(ddof=1):{form.lstrip('+')}}" if len(values) > 1 else ""
    return f"{values.mean():{form}}{spread}"


def _cost(entries: Sequence[dict[str, Any]], variant: str) -> list[str]:
    """Return seconds of fitting and predicting, CPU seconds of both, and peak memory, means over the draws."""
    step = f"{variant} predict".strip()

    def mean(kind: str, name: str) -> float:
        return float(np.mean([entry[kind].get(name, np.nan) for entry in entries]))

    fit, predict = mean("seconds", "fit"), mean("seconds", step)
    cpu = np.nansum([mean("cpu", "fit"), mean("cpu", step)])
    memory = np.mean([entry["memory"] for entry in entries])
    shown = ["-" if np.isnan(value) else f"{value:.2f}" for value in (fit, predict)]
    return [*shown, f"{cpu:.2f}", f"{memory:,.0f}"]
