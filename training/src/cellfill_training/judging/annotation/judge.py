"""Judge a model of cell types on studies that it did not learn from, beside what learnt from the same cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Bundle, Evaluation
from cellfill.progress import each
from cellfill_training.architectures.classifier.augmentation import thin
from cellfill_training.architectures.classifier.cells import Cells, bring_together
from cellfill_training.architectures.classifier.left_out import SHALLOW, without_studies
from cellfill_training.cards.facts import LEFT_OUT, PART_LEFT_OUT
from cellfill_training.judging.annotation.by_type import ByType
from cellfill_training.judging.annotation.named import OURS, Named, as_one, evaluations_of
from cellfill_training.judging.annotation.places import told_by_others, told_by_themselves
from cellfill_training.judging.annotation.rivals import LOGISTIC, rivals
from cellfill_training.judging.annotation.seen import by_network, through_graph
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.labels import UNLABELLED, Labelled

if TYPE_CHECKING:
    from cellfill_training.architectures.classifier.network import Network
    from cellfill_training.studies.cell_classes import ClassTree
    from cellfill_training.studies.gene_table import GeneName

HELD_OUT = "a study held out"
# More known cells of a study would cost memory and say the same; fewer say nothing.
_MOST_CELLS, LEAST_CELLS = 5000, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Figures of a model, and by type of the model and of logistic regression, all studies together."""

    evaluations: tuple[Evaluation, ...]
    ours: ByType
    logistic: ByType


def judge_types(
    bundle: Bundle,
    tree: ClassTree,
    studies: Sequence[Labelled],
    held_out: Sequence[Labelled],
    *,
    networks: Mapping[str, Network] | None = None,
    genes: Sequence[GeneName] = (),
    parts: str = "",
    how: str = HELD_OUT,
    gene_table: GeneTable | None = None,
    seed: int = 0,
    on_step: Callable[[str], None] | None = None,
) -> Judged:
    """Judge a model on held-out studies, and its training on each of its studies left out.

    Known cells are named whole and thinned to 30 % of their molecules; all methods see the same molecules.

    Parameters
    ----------
    bundle
        The model, with all outputs of its graph.
    tree
        Its types.
    studies, held_out
        That trained it, and that trained nothing.
    networks, genes
        By study, the network that was trained without it, if there is one; and the genes that these read.
    parts
        Name of the study that the studies left out are parts of, which are judged as one; empty where they are no
        parts.
    how
        What is said of those that trained nothing.
    gene_table
        Brings names of genes together.
    seed
        Of the molecules that are taken away.
    on_step
        Called with a word on each study.
    """
    table, types, without = gene_table or GeneTable(), len(tree.leaves), networks or {}
    evaluations: list[Evaluation] = []
    sums = {OURS: ByType(tree), LOGISTIC: ByType(tree)}
    say = on_step or (lambda _text: None)

    def named(number: int, labelled: Labelled, cells: Cells, kind: str) -> Named:
        name = labelled.study.name
        say(f"judging on {name}")
        place = len(studies) + number
        others = without_studies(cells, {*range(len(studies), len(cells.names))} | _own(name, studies))
        network = without[name] if kind == LEFT_OUT else None
        seen = (
            through_graph(bundle, labelled.study) if network is None else by_network(network, genes, cells, place)
        )
        counts = cells.counts[cells.study == place]
        others_say = {
            method: annotate(counts, cells.measured[place])
            for method, annotate in rivals(others, logistic=find_spec("sklearn") is not None).items()
        }
        found = Named(
            name=name, truth=labelled.leaves, said={OURS: seen.probabilities, **others_say}, kept=seen.kept
        )
        whole = slice(0, len(labelled.leaves) // 2)
        for method, by_type in sums.items():
            if method in found.said:
                by_type.add(found.said[method][whole], labelled.leaves[whole])
        if not parts or network is None:
            return replace(found, told=told_by_themselves(seen.embedding, counts, labelled.leaves, seed=seed))
        taught = [n for n in cells.labelled_studies if n < len(studies) and n not in _own(name, studies)]
        return replace(found, told=told_by_others(network, genes, cells, place, taught, labelled.leaves, seed=seed))

    left_out = [_learnt(s, [o for o in studies if o is not s]) for s in studies if s.study.name in without]
    for kind, judges in ((LEFT_OUT, left_out), (how, [_learnt(s, studies) for s in held_out])):
        in_parts = bool(parts) and kind == LEFT_OUT
        least = 1 if in_parts else LEAST_CELLS
        drawn = (_twice(s, np.random.default_rng([seed, 8, n]), least=least) for n, s in enumerate(judges))
        twice = [found for found in drawn if found is not None]
        if not twice:
            continue
        cells = bring_together([*studies, *twice], [], types=types, table=table)
        judged = each(twice, "judging", unit="studies")
        every = [named(number, labelled, cells, kind) for number, labelled in enumerate(judged)]
        if in_parts:
            every = [as_one(every, name=parts)] if sum(len(one.truth) for one in every) >= 2 * LEAST_CELLS else []
        for one in every:
            evaluations += evaluations_of(one, how=PART_LEFT_OUT if in_parts else kind)
    return Judged(evaluations=tuple(evaluations), ours=sums[OURS], logistic=sums[LOGISTIC])


def _own(name: str, studies: Sequence[Labelled]) -> set[int]:
    return {number for number, labelled in enumerate(studies) if labelled.study.name == name}


def _learnt(labelled: Labelled, others: Sequence[Labelled]) -> Labelled:
    """Return a study without the labels of types that no other study taught: nobody can know them."""
    types = np.unique(np.concatenate([other.leaves[other.trusted] for other in others]))
    return replace(labelled, leaves=np.where(np.isin(labelled.leaves, types), labelled.leaves, UNLABELLED))


def _twice(labelled: Labelled, rng: np.random.Generator, *, least: int) -> Labelled | None:
    """Return a study's known cells, whole and then thinned; None where there are too few."""
    from scipy import sparse

    known = np.flatnonzero(labelled.leaves >= 0)
    if len(known) < least:
        return None
    if len(known) > _MOST_CELLS:
        known = np.sort(rng.choice(known, _MOST_CELLS, replace=False))
    whole = labelled.study.counts[known].astype(np.float32)
    thinned = thin(whole, SHALLOW, rng)
    study = replace(labelled.study, counts=sparse.vstack([whole, thinned]).tocsr())
    return Labelled(study=study, leaves=np.tile(labelled.leaves[known], 2), trusted=np.ones(2 * len(known), bool))
