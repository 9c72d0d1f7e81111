"""Section: how well genes are predicted, and which best and worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness.sentences import filled_said
from cellfill.plots import gene_errors
from cellfill.plots.genes import error_groups, error_ratios
from cellfill.plots.style import legible
from cellfill.report.section import Picture, Section, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.fitness.findings import GeneFits
    from cellfill.fitness.fitness import Fitness

    Float64 = NDArray[np.float64]

_SHOWN = 10
_HEAD = ("gene", "mean", "error", "simple method's", "ratio", "by itself", "filled")


def genes_section(fitness: Fitness, genes: GeneFits) -> Section:
    """Show the error of genes beside that of the best simple method, and the best and the worst of them."""
    level, model, simple = error_groups(fitness)
    ratio = error_ratios(fitness)
    better = int((model < simple).sum())
    best, worst = best_and_worst(genes, ratio)
    trusted = int(genes.trusted.sum())
    said = filled_said(fitness, genes)
    return Section(
        name="genes",
        title="Error by gene",
        shows=(
            "Each dot is a gene: its error on hidden counts, as a ratio to that of the best simple method. Below "
            f"the line at 1 the model is the better one. Of {len(level)} equal groups of genes it is in {better}. "
            f"{said[0].upper()}{said[1:]}; {trusted:,} of these it surely predicts by itself."
        ),
        beware=(
            "The error of one gene rests on a few hidden counts, so it is weighed with those of genes as much "
            "expressed. What is filled is decided by all molecules of a gene, not by this ratio."
        ),
        pictures=(
            Picture(
                draw=lambda ax: gene_errors(fitness, ax),
                caption="Error of each gene as a ratio to that of the best simple method, against its mean count.",
                alt=f"Dots and a line of error ratios against mean count; the line is below 1 in {better} of "
                f"{len(level)} groups.",
                height=3.4,
            ),
        ),
        tables=(
            _table("The ten best genes by this ratio, of the half with more counts", genes, ratio, best),
            _table("The ten worst genes by this ratio, of the half with more counts", genes, ratio, worst),
            Table(
                caption="Error of equal groups of genes",
                head=("median mean count", "model (MSE)", "best simple method (MSE)", "ratio"),
                rows=tuple(
                    (f"{x:.3g}", f"{own:.4f}", f"{other:.4f}", f"{own / other:.2f}" if other > 0 else "–")
                    for x, own, other in zip(level, model, simple, strict=True)
                ),
                words=0,
            ),
        ),
    )


def best_and_worst(genes: GeneFits, ratio: Float64) -> tuple[list[int], list[int]]:
    """Return the genes with the smallest and the largest ratio, of the half with more counts.

    The gain, which decides what is filled, tells the best ones apart badly: it is weighed with those of all genes,
    and has a ceiling that many reach.
    """
    told = np.flatnonzero(genes.tried & np.isfinite(ratio) & (genes.mean >= np.median(genes.mean)))
    order = told[np.argsort(ratio[told], kind="stable")]
    number = min(_SHOWN, len(order) // 2)
    return order[:number].tolist(), order[::-1][:number].tolist()


def _table(caption: str, genes: GeneFits, ratio: Float64, chosen: list[int]) -> Table:
    return Table(
        caption=caption,
        head=_HEAD,
        rows=tuple(
            (
                legible(genes.names[i], most=24),
                f"{genes.mean[i]:.3g}",
                f"{genes.mse[i]:.3f}",
                f"{genes.mse[i] / ratio[i]:.3f}" if ratio[i] > 0 else "–",
                f"{ratio[i]:.2f}",
                f"{genes.known[i]:.0%}",
                "yes" if genes.filled[i] else "no",
            )
            for i in chosen
        ),
        folded=False,
    )
