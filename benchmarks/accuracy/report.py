"""The tables of what was kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from common import table

from .methods import METHODS
from .run import NO_MODEL

Outcome = tuple[str, str, int, str, dict[str, Any]]
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
    ),
}
SCOPES = {"all": "all genes", "filled": "genes that the pre-trained model fills"}


def report(outcomes: Iterable[Outcome]) -> str:
    """Return a table for every dataset, protocol and scope; means over the seeds, with the spread of the first."""
    tasks: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        tasks[outcome[0], outcome[1]].append(outcome)
    parts = []
    for (dataset, protocol), found in tasks.items():
        scopes = [scope for scope in SCOPES if any(_has(entry, scope) for *_, entry in found)]
        parts += [_one(dataset, protocol, scope, found) for scope in scopes]
        parts += _remarks(dataset, protocol, found)
    return "\n\n".join(parts)


def _one(dataset: str, protocol: str, scope: str, found: Sequence[Outcome]) -> str:
    columns = COLUMNS[protocol]
    rows = []
    for name, method in METHODS.items():
        entries = [entry for *_, m, entry in found if m == name and "variants" in entry]
        for variant, label in method.gives.items():
            scored = [e["variants"][variant][scope] for e in entries if scope in e["variants"][variant]]
            if scored:
                rows.append([label, *(_cell(scored, c) for c in columns), *_cost(entries, variant)])
    sizes = sorted({(entry["cells"], entry["genes"]) for *_, entry in found})
    models = {entry["model"] for *_, entry in found if entry.get("model")}
    size = " or ".join(f"{cells:,} cells x {genes:,} genes" for cells, genes in sizes)
    about = f"**{dataset}**, {protocol}, {SCOPES[scope]}; {size}; {len({o[2] for o in found})} draws"
    about += f"; pre-trained: {', '.join(sorted(models))}" if models else ""
    threads = {entry["threads"] for *_, entry in found}
    about += "; threads a method: " + ", ".join(sorted(str(t or "its own choice") for t in threads))
    header = ["method", *(c[0] for c in columns), "fit, s", "predict, s", "CPU, s", "peak MB"]
    return f"{about}:\n\n" + table(header, rows)


def _remarks(dataset: str, protocol: str, found: Sequence[Outcome]) -> list[str]:
    """Return a line for each method that gave no result or ran otherwise than it would, with the reason."""
    reasons: dict[str, set[str]] = defaultdict(set)
    for *_, name, entry in found:
        if "failed" in entry:
            why = entry["failed"]
            reasons[name].add(why if why == NO_MODEL else f"no result: {why}")
        elif "note" in entry["remarks"]:
            reasons[name].add(entry["remarks"]["note"])
    lines = [
        f"- {METHODS[name].gives['']} on {dataset}, {protocol}: {'; '.join(sorted(why))}"
        for name, why in reasons.items()
    ]
    return ["\n".join(lines)] if lines else []


def _has(entry: dict[str, Any], scope: str) -> bool:
    return any(scope in scores for scores in entry.get("variants", {}).values())


def _cell(scored: Sequence[dict[str, Any]], column: Column) -> str:
    _, estimate, figure, form = column
    values = np.array([scores[estimate][figure] for scores in scored if estimate in scores])
    if not len(values) or np.isnan(values).all():
        return "-"
    spread = f" ± {values.std(ddof=1):{form}}" if len(values) > 1 else ""
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
