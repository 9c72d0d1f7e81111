"""Section: hidden counts against imputed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill.fitness.entries import PLAIN
from cellfill.fitness.sentences import MANY_TIMES
from cellfill.fitness.verdict import GOOD_KNOWLEDGE
from cellfill.plots import hidden_counts
from cellfill.plots.hidden import best_method, best_trivial
from cellfill.report.section import Picture, Section, Table
from cellfill.text.figures import percent

if TYPE_CHECKING:
    from cellfill.fitness.entries import HiddenEntries
    from cellfill.fitness.fitness import Fitness


def counts_section(fitness: Fitness, entries: HiddenEntries) -> Section:
    """Show what was put in the place of hidden counts, by the model and by the best trivial method."""
    model, trivial = best_method(entries), best_trivial(entries)
    (mse, pearson), (worse, weaker) = entries.scores(model), entries.scores(trivial)
    change = 1 - mse / worse if worse > 0 else 0.0
    compared = f"{percent(change)} smaller" if change > 0 else f"{-change:.0%} larger"
    compared = "more than ten times as large" if mse > MANY_TIMES * worse > 0 else compared
    return Section(
        name="hidden",
        title="Hidden counts, found again",
        shows=(
            f"{len(entries.truth):,} counts of these cells were hidden and then imputed. The first picture is what "
            f"the model put in their place, the second the best that was found without a model ({trivial}). "
            f"Perfect would be on the orange line. The model's error is {compared} (MSE {mse:.4f} against "
            f"{worse:.4f}, Pearson r {pearson:.3f} against {weaker:.3f}; both of log1p counts)."
            f"{_correction(fitness)}"
        ),
        beware=(
            "Only counts that were seen can be hidden, so this says how many molecules were caught, not whether a "
            "zero is a dropout. Differences between genes make r large by themselves: compare it with that of the "
            "other picture, not with 1."
        ),
        pictures=tuple(
            Picture(
                draw=lambda ax, method=method: hidden_counts(fitness, ax, method=method),  # type: ignore[misc]
                caption=f"{who} ({method}).",
                alt=f"Density of hidden against imputed counts, {method}: MSE {score[0]:.4f}, r {score[1]:.3f}.",
                height=3.2,
            )
            for who, method, score in (
                ("What the model put in their place", model, (mse, pearson)),
                ("Without a model", trivial, (worse, weaker)),
            )
        ),
        tables=(_masked(fitness), *_molecules(fitness)),
    )


def _correction(fitness: Fitness) -> str:
    """Say what of it the correction did, which learns from these very cells."""
    entries, evidence = fitness.entries, fitness.evidence
    if entries is None or best_method(entries) == PLAIN:
        return ""
    said = f" As it came, without the correction on these cells, its MSE is {entries.scores(PLAIN)[0]:.4f}."
    if evidence is None or not evidence.knowledge < GOOD_KNOWLEDGE:
        return said
    return f"{said} Much of what it gets right here it learned in the correction, from these cells themselves."


def _masked(fitness: Fitness) -> Table:
    return Table(
        caption="Hidden counts, all methods: lower MSE and higher r are better",
        head=("method", "MSE", "r"),
        rows=tuple(
            (f.method, f"{f.mse:.4f}", f"{f.pearson:.3f}" if f.pearson else "–")
            for f in fitness.figures
            if f.protocol == "masked entries"
        ),
    )


def _molecules(fitness: Fitness) -> tuple[Table, ...]:
    rows = tuple((f.method, f"{f.loss:.4f}") for f in fitness.figures if f.protocol == "molecules")
    caption = "Hidden molecules (a tenth of all, zeros included), all methods: a lower loss is better"
    return (Table(caption=caption, head=("method", "Poisson loss"), rows=rows),) if rows else ()
