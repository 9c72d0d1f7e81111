"""Section: how well genes are predicted, and which best and worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill.fitness.sentences import best_and_worst, filled_said
from cellfill.plots import gene_errors
from cellfill.plots.genes import error_groups
from cellfill.plots.style import legible
from cellfill.report.section import Picture, Section, Table

if TYPE_CHECKING:
    from cellfill.fitness.findings import GeneFits
    from cellfill.fitness.fitness import Fitness

_HEAD = ("gene", "mean", "error", "baseline", "gain", "known", "filled")


def genes_section(fitness: Fitness, genes: GeneFits) -> Section:
    """Show the error of genes against their mean, and the best and the worst of them."""
    level, curves = error_groups(fitness)
    model, baseline = list(curves.values())[:2]
    better = int((model < baseline).sum())
    best, worst = best_and_worst(genes)
    trusted = int(genes.trusted.sum())
    return Section(
        name="genes",
        title="Error by gene",
        shows=(
            f"Each dot is a gene: its error on hidden counts against its mean. Lines are means of {len(level)} "
            f"equal groups of genes; the model's is below that of the "
            f"non-zero mean + library slope in {better} of them. "
            f"{filled_said(fitness, genes)}; {trusted:,} of these it surely knows by itself "
            "(known of at least 95%)."
        ),
        beware=(
            "Errors grow with counts, so compare methods at one mean, not genes with each other. The error of one "
            "gene rests on a few hidden counts, so it is weighed with those of genes as much expressed; the gain, "
            "which decides what is filled, rests on all its molecules."
        ),
        pictures=(
            Picture(
                draw=lambda ax: gene_errors(fitness, ax),
                caption="Mean squared error of each gene against its mean count.",
                alt=f"Dots and lines of error against mean count; the model's line is the lower in {better} of "
                f"{len(level)} groups.",
                height=3.6,
            ),
        ),
        tables=(
            _table("The ten best genes, of the half with more counts", genes, best),
            _table("The ten worst genes, of the half with more counts", genes, worst),
            Table(
                caption="Error of equal groups of genes",
                head=("median mean count", *curves),
                rows=tuple(
                    (f"{x:.3g}", *(f"{curve[place]:.4f}" for curve in curves.values()))
                    for place, x in enumerate(level)
                ),
                words=0,
            ),
        ),
    )


def _table(caption: str, genes: GeneFits, chosen: list[int]) -> Table:
    def figure(value: float) -> str:
        return f"{value:.3f}" if value == value else "–"

    return Table(
        caption=caption,
        head=_HEAD,
        rows=tuple(
            (
                legible(genes.names[i], most=24),
                f"{genes.mean[i]:.3g}",
                figure(genes.mse[i]),
                figure(genes.baseline_mse[i]),
                f"{genes.gain[i]:+.3f}" if genes.tried[i] else "–",
                f"{genes.known[i]:.0%}" if genes.tried[i] else "–",
                "yes" if genes.filled[i] else "no",
            )
            for i in chosen
        ),
        folded=False,
    )
