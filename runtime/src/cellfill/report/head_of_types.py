"""The top of a page on a model that names or places cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cellfill.plots.style import legible
from cellfill.report.head import KINDS, SAID, Head
from cellfill.tasks.annotation.fitness import TypesFitness
from cellfill.text.figures import percent, two_places

if TYPE_CHECKING:
    from cellfill.tasks.embedding.fitness import EmbeddingFitness

_NONE = "Nothing could be looked at: see why below. `cellfill recommend --task {task}` looks for a model that fits."
_NAME = {
    "fits": (
        "Name the cells; those that the model does not know stay unassigned. Look at the markers of any type that "
        "a conclusion rests on."
    ),
    "fits with limits": (
        "Name the cells, but rest no conclusion on types that look off, nor on detail that the model is not sure "
        "of (`--confidence`, `--level`); look at the markers of unassigned cells."
    ),
    "not tested": (
        "Nothing says whether these are cells of the model's types: go by its card, and by your own markers."
    ),
    "does not fit": (
        "Do not name the cells with this model. `cellfill recommend --task annotate` looks for one that fits."
    ),
}
_PLACE = {
    "fits": (
        "Place the cells, and go on from obsm as from principal components "
        "(scanpy: `sc.pp.neighbors(use_rep=...)`)."
    ),
    "fits with limits": "Place the cells, and compare what comes out with principal components of these cells.",
    "not tested": "There are too few cells to tell: go by the model's card (`cellfill show`).",
    "does not fit": (
        "Do not place the cells with this model. `cellfill recommend --task embed` looks for one that fits."
    ),
}


def head_of_types(fitness: TypesFitness | EmbeddingFitness, *, model: str) -> Head:
    """Return the top of the page.

    Parameters
    ----------
    fitness
        What was found.
    model
        The model's name, short.
    """
    names = isinstance(fitness, TypesFitness)
    advice = (_NAME if names else _PLACE)[fitness.verdict]
    if fitness.evidence is None:
        advice = _NONE.format(task="annotate" if names else "embed")
    return Head(
        title=SAID[fitness.verdict].format(model=model),
        kind=KINDS[fitness.verdict],
        reasons=tuple(legible(reason, most=600) for reason in fitness.reasons),
        advice=advice,
        facts=_facts(fitness),
    )


def _facts(fitness: TypesFitness | EmbeddingFitness) -> tuple[tuple[str, str], ...]:
    facts = [
        ("cells looked at", f"{fitness.cells_checked:,} of {fitness.cells:,}"),
        ("coverage of what the model reads", f"{fitness.coverage.coverage:.1%}"),
    ]
    evidence = fitness.evidence
    if evidence is not None and evidence.unlike == evidence.unlike:
        facts.append(("cells unlike any type of the model", f"{evidence.unlike:.0%}"))
    if isinstance(fitness, TypesFitness):
        sure = fitness.evidence.sure if fitness.evidence is not None else math.nan
        if fitness.evidence is not None and sure == sure:
            said = f"{percent(sure)} ({percent(fitness.evidence.one_type)})"
            facts.append(("of the others named right, by its own account (one type for all)", said))
    elif fitness.evidence is not None:
        facts.append(("similarity to the training cells", two_places(fitness.evidence.likeness)))
    return tuple(facts)
