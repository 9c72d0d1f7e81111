"""The top of a page: the verdict, why, the figures that matter most, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.fitness.sentences import MANY_TIMES, TO_DO, best_and_worst, error_said
from cellfill.plots.hidden import best_method, best_trivial
from cellfill.plots.style import legible
from cellfill.text.figures import percent

if TYPE_CHECKING:
    from cellfill.fitness.fitness import Fitness

KINDS = {"fits": "good", "fits with limits": "limits", "not tested": "limits", "does not fit": "bad"}
SAID = {
    "fits": "{model} fits these cells",
    "fits with limits": "{model} fits these cells with limits",
    "not tested": "{model} could not be tested on these cells",
    "does not fit": "{model} does not fit these cells",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The top of a page.

    Attributes
    ----------
    title
        The verdict, one line.
    kind
        ``good``, ``limits`` or ``bad``: the class of the verdict's box.
    said
        The one thing to know, a sentence; empty where the first reason is it.
    reasons
        Why.
    advice
        What to do.
    facts
        What and how much, the figures that matter most.
    """

    title: str
    kind: str
    said: str = ""
    reasons: tuple[str, ...]
    advice: str
    facts: tuple[tuple[str, str], ...]


def head_of(fitness: Fitness, *, model: str) -> Head:
    """Return the top of the page of a check.

    Parameters
    ----------
    fitness
        What was found.
    model
        The model's name, short.
    """
    return Head(
        title=SAID[fitness.verdict].format(model=model),
        kind=KINDS[fitness.verdict],
        said=_said(fitness),
        reasons=tuple(legible(reason, most=600) for reason in fitness.reasons),
        advice=_advice(fitness),
        facts=_facts(fitness),
    )


def _said(fitness: Fitness) -> str:
    """Return by how much the error is less; of a model that does not fit that is of what it learned here."""
    said = error_said(fitness.figures) if fitness.verdict != "does not fit" else ""
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _advice(fitness: Fitness) -> str:
    genes = fitness.genes
    if fitness.verdict == "not tested":
        return (
            "There are too few cells to try a model on: go by its card (`cellfill show`), and by your own markers."
        )
    if genes is None:
        return "Nothing could be measured: see why below. `cellfill recommend` looks for a model that fits."
    if fitness.verdict == "does not fit":
        return TO_DO
    if fitness.verdict == "fits":
        return (
            "Impute. Genes that the model predicts no better than their mean are left as they are. Look at the "
            "markers that a conclusion rests on: some are shown below, `--markers` names others."
        )
    known = [i for i in best_and_worst(genes, number=len(genes.names))[0] if genes.trusted[i]]
    best = ", ".join(legible(genes.names[i], most=24) for i in known[:5])
    return (
        f"Impute, but rest conclusions on the {int(genes.trusted.sum()):,} genes that the model surely predicts by "
        f"itself ({best} ...); `cellfill check --genes` lists them."
        if known
        else "The model surely predicts no gene of these cells by itself: rest no conclusion on what it fills."
    )


def _facts(fitness: Fitness) -> tuple[tuple[str, str], ...]:
    facts = [
        ("cells looked at", f"{fitness.cells_checked:,} of {fitness.cells:,}"),
        ("coverage of what the model reads", f"{fitness.coverage.coverage:.1%}"),
    ]
    if fitness.verdict == "does not fit":  # what follows would be of what it learned from these cells
        return tuple(facts)
    if fitness.genes is not None:
        facts.append(("genes filled", f"{int(fitness.genes.filled.sum()):,} of {len(fitness.genes.names):,}"))
    if fitness.entries is not None and len(fitness.entries.truth):
        own = fitness.entries.scores(best_method(fitness.entries))[0]
        trivial = fitness.entries.scores(best_trivial(fitness.entries))[0]
        if trivial > 0:
            less = 1 - own / trivial
            much = f"−{percent(less)}" if less >= 0 else f"+{-less:.0%}"
            much = "more than ten times" if own > MANY_TIMES * trivial else much
            facts.append(("error beside the best simple method", much))
    return tuple(facts)
