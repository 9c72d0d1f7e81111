"""Section: how well genes are predicted, and which best and worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness.sentences import best_and_worst, filled_said
from cellfill.plots import gene_errors
from cellfill.plots.genes import error_groups
from cellfill.plots.style import legible
from cellfill.report.section import Picture, Section, Table

if TYPE_CHECKING:
    from cellfill.fitness.findings import GeneFits
    from cellfill.fitness.fitness import Fitness

_HEAD = ("gene", "mean", "a hidden molecule is", "by itself", "filled")


def genes_section(fitness: Fitness, genes: GeneFits) -> Section:
    """Show the error of genes beside that of the best simple method, and the best and the worst of them."""
    level, model, simple = error_groups(fitness)
    better = int((model < simple).sum())
    best, worst = best_and_worst(genes)
    trusted = int(genes.trusted.sum())
    said = filled_said(fitness, genes)
    return Section(
        name="genes",
        title="Error by gene",
        shows=(
            "Each dot is a gene: its error on hidden counts, as a ratio to that of the best simple method. Below "
            f"the line at 1 the model is the better one. Of {len(level)} equal groups of genes it is in {better}. "
            f"{said[0].upper()}{said[1:]}; {trusted:,} of these it surely predicts by itself (95% sure of each)."
        ),
        beware=(
            "The counts that are hidden are mostly small ones, as dropouts are. Of a marker, which is high in its "
            "cells, a right answer is often more than what was hidden: judge a single gene by its molecules, as "
            "the tables do and as what is filled is decided, not by its dot."
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
            _table("The ten genes that are predicted best, of the half with more counts", fitness, genes, best),
            _table("The ten that are predicted worst", fitness, genes, worst),
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


def molecules_hidden(fitness: Fitness) -> bool:
    """Whether molecules were hidden, so that a gain is one of their likelihood."""
    return any(figure.protocol == "molecules" for figure in fitness.figures)


def _table(caption: str, fitness: Fitness, genes: GeneFits, chosen: list[int]) -> Table:
    of_molecules = molecules_hidden(fitness)
    return Table(
        caption=caption,
        head=_HEAD if of_molecules else (*_HEAD[:2], "gain", *_HEAD[3:]),
        rows=tuple(
            (
                legible(genes.names[i], most=24),
                f"{genes.mean[i]:.3g}",
                f"{np.exp(genes.gain[i]):.2f} times as likely" if of_molecules else f"{genes.gain[i]:.3f}",
                f"{genes.known[i]:.0%}",
                "yes" if genes.filled[i] else "no",
            )
            for i in chosen
        ),
        folded=False,
    )
