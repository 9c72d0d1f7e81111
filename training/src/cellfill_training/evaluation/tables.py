"""Evaluations as text for people, and as JSON for machines."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Any

from cellfill_training.evaluation.records import Evaluations, Summary

# What a table shows of each protocol; JSON has every figure.
HEADLINES: dict[str, tuple[str, ...]] = {
    "masked": ("mse", "pearson", "pearson_within_genes", "gene_mse_median", "cell_mse_median", "cell_pearson_mean"),
    "molecules": ("poisson_loss", "poisson_scaled", "mse", "mse_scaled", "mse_at_depth", "mse_at_depth_scaled"),
    "truth": (
        "gene_correlation",
        "cell_correlation",
        "gene_gene_error",
        "gene_gene_excess",
        "true_zeros_filled",
        "true_zeros_mean",
        "lost_mean",
    ),
    "clusters": ("clusters", "ari", "ami", "fowlkes_mallows", "matched_ari", "matched_ami", "silhouette"),
    "differential": ("auc", "auc_all", "precision", "false_positives"),
    "gini": ("pearson", "mse", "bias"),
    "protein": ("antibodies", "filled", "auroc", "auroc_filled", "better", "worse", "worst"),
    "types": ("accuracy", "macro_f1", "ece", "unassigned", "right", "strange_unassigned"),
    "unknown": ("unassigned", "known_kept"),
}

# Protocols of which a record's read-out is the condition that the cells were seen in.
CONDITIONED = ("types", "accuracy by level", "recall by type", "unknown", "embedding")


def text_table(evaluations: Evaluations) -> str:
    """Return aligned tables: one a study, protocol and number of cells, mean ± standard deviation over seeds."""
    parts = []
    groups: dict[tuple[str, str, int], list[Summary]] = {}
    for summary in evaluations.summaries():
        groups.setdefault((summary.data, summary.protocol, summary.cells), []).append(summary)
    for (data, protocol, cells), rows in groups.items():
        seeds = max(row.seeds for row in rows)
        genes = next((f", {row.mean['genes']:,.0f} genes" for row in rows if "genes" in row.mean), "")
        draws = f"mean ± SD of {seeds} draws" if seeds > 1 else "one draw"
        parts.append(f"{data}, {protocol}: {cells:,} cells{genes}, {draws}\n\n{_aligned(rows, protocol)}")
    return "\n\n".join(parts)


def as_json(evaluations: Evaluations) -> dict[str, Any]:
    """Return every record and summary as plain types; what is not a number is None."""
    return {
        "versions": _versions(),
        "summaries": [_plain(dataclasses.asdict(summary)) for summary in evaluations.summaries()],
        "records": [_plain(dataclasses.asdict(record)) for record in evaluations.records],
    }


def to_json(evaluations: Evaluations) -> str:
    """Return `as_json` as text."""
    return json.dumps(as_json(evaluations), indent=1, allow_nan=False) + "\n"


def _aligned(rows: Sequence[Summary], protocol: str) -> str:
    figures = HEADLINES.get(protocol) or tuple(next((row.mean for row in rows if row.mean), ()))
    what = "condition" if protocol in CONDITIONED else "read-out"
    header = ["method", what, *figures, "s", "peak MB"]
    lines = [header]
    for row in rows:
        name = row.method if row.share == 1 else f"{row.method} ({row.share:.0%} of the cells)"
        if row.errors and not row.seeds:
            seen = f"{row.read_out}: " if protocol in CONDITIONED else ""
            lines.append([name, f"{seen}no figures: {row.errors[0]}"])
            continue
        cells = [_figure(row.mean.get(f, math.nan), row.spread.get(f, math.nan)) for f in figures]
        lines.append([name, row.read_out, *cells, _short(row.seconds, "{:.1f}"), _short(row.peak_mb, "{:.0f}")])
    widths = [max(len(line[i]) for line in lines if len(line) > 2) for i in range(len(header))]
    widths[0] = max(len(line[0]) for line in lines)
    return "\n".join(_line(line, widths) for line in lines)


def _line(line: Sequence[str], widths: Sequence[int]) -> str:
    pairs = zip(line, widths, strict=False)  # that of a failure has two parts
    parts = [text.ljust(width) if i < 2 else text.rjust(width) for i, (text, width) in enumerate(pairs)]
    return "  ".join(parts).rstrip()


def _figure(mean: float, spread: float) -> str:
    if math.isnan(mean):
        return "-"
    shown = round(mean, 4) + 0.0  # no -0.0
    return f"{shown:.4f}" if math.isnan(spread) else f"{shown:.4f} ± {spread:.4f}"


def _short(value: float, form: str) -> str:
    return "-" if math.isnan(value) else form.format(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("cellfill", "cellfill-training", "numpy", "scipy", "onnxruntime", "tensorflow", "scanpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
