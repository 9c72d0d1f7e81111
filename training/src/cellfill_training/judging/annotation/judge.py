"""Judge a model of cell types on studies that it did not learn from, beside what learnt from the same cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Bundle, Evaluation, Score
from cellfill_training.architectures.classifier.augmentation import thin
from cellfill_training.architectures.classifier.cells import Cells, bring_together
from cellfill_training.architectures.classifier.left_out import SHALLOW, without_studies
from cellfill_training.cards.facts import LEFT_OUT
from cellfill_training.judging.annotation.by_type import ByType
from cellfill_training.judging.annotation.neighbours import knn_accuracy
from cellfill_training.judging.annotation.principal import principal_components
from cellfill_training.judging.annotation.rivals import LOGISTIC, MAJORITY, rivals
from cellfill_training.judging.annotation.scores import score_types
from cellfill_training.judging.annotation.seen import Seen, by_network, through_graph
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.labels import UNLABELLED, Labelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.network import Network
    from cellfill_training.studies.cell_classes import ClassTree
    from cellfill_training.studies.gene_table import GeneName

OURS, COMPONENTS = "cellfill", "PCA of the same cells"
HELD_OUT = "a study held out"
CONDITIONS = ("all molecules", f"{100 * SHALLOW:.0f} % of the molecules")
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
    left: str = LEFT_OUT,
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
    left, how
        What is said of those left out, and of those that trained nothing.
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

    def named(number: int, labelled: Labelled, cells: Cells, kind: str) -> Iterator[Evaluation]:
        name = labelled.study.name
        say(f"judging on {name}")
        place = len(studies) + number
        others = without_studies(cells, {*range(len(studies), len(cells.names))} | _own(name, studies))
        seen = (
            through_graph(bundle, labelled.study)
            if kind != left
            else by_network(without[name], genes, cells, place)
        )
        counts = cells.counts[cells.study == place]
        others_say = {
            method: annotate(counts, cells.measured[place])
            for method, annotate in rivals(others, logistic=find_spec("sklearn") is not None).items()
        }
        whole = slice(0, len(labelled.leaves) // 2)
        sums[OURS].add(seen.probabilities[whole], labelled.leaves[whole])
        if LOGISTIC in others_say:
            sums[LOGISTIC].add(others_say[LOGISTIC][whole], labelled.leaves[whole])
        yield from _evaluations(labelled, cells, place, seen, others_say, how=kind, seed=seed)

    left_out = [_learnt(s, [o for o in studies if o is not s]) for s in studies if s.study.name in without]
    for kind, judges in ((left, left_out), (how, [_learnt(s, studies) for s in held_out])):
        twice = [found for n, s in enumerate(judges) if (found := _twice(s, np.random.default_rng([seed, 8, n])))]
        if twice:
            cells = bring_together([*studies, *twice], [], types=types, table=table)
            for number, labelled in enumerate(twice):
                evaluations += named(number, labelled, cells, kind)
    return Judged(evaluations=tuple(evaluations), ours=sums[OURS], logistic=sums[LOGISTIC])


def _own(name: str, studies: Sequence[Labelled]) -> set[int]:
    return {number for number, labelled in enumerate(studies) if labelled.study.name == name}


def _learnt(labelled: Labelled, others: Sequence[Labelled]) -> Labelled:
    """Return a study without the labels of types that no other study taught: nobody can know them."""
    types = np.unique(np.concatenate([other.leaves[other.trusted] for other in others]))
    return replace(labelled, leaves=np.where(np.isin(labelled.leaves, types), labelled.leaves, UNLABELLED))


def _twice(labelled: Labelled, rng: np.random.Generator) -> Labelled | None:
    """Return a study's known cells, whole and then thinned; None where there are too few."""
    from scipy import sparse

    known = np.flatnonzero(labelled.leaves >= 0)
    if len(known) < LEAST_CELLS:
        return None
    if len(known) > _MOST_CELLS:
        known = np.sort(rng.choice(known, _MOST_CELLS, replace=False))
    whole = labelled.study.counts[known].astype(np.float32)
    thinned = thin(whole, SHALLOW, rng)
    study = replace(labelled.study, counts=sparse.vstack([whole, thinned]).tocsr())
    return Labelled(study=study, leaves=np.tile(labelled.leaves[known], 2), trusted=np.ones(2 * len(known), bool))


def _evaluations(
    labelled: Labelled,
    cells: Cells,
    place: int,
    seen: Seen,
    others_say: Mapping[str, NDArray[np.floating]],
    *,
    how: str,
    seed: int,
) -> Iterator[Evaluation]:
    number = len(labelled.leaves) // 2
    for start, condition in zip((0, number), CONDITIONS, strict=True):
        rows = slice(start, start + number)
        truth = labelled.leaves[rows]
        said = {OURS: seen.probabilities, **others_say}
        scores = []
        for method, probabilities in _in_order(said):
            found = score_types(np.nan_to_num(probabilities[rows]), truth)
            values = {"accuracy": found.accuracy, "macro_f1": found.macro_f1, "ece": found.ece}
            if method == OURS and seen.kept is not None:
                values["kept"] = float(seen.kept[rows].mean())
            scores.append(Score(method=method, values=values))
        yield _evaluation(labelled, f"{how}; {condition}", "annotate", number, scores)
        own = cells.counts[cells.study == place][rows]
        most = float(np.bincount(truth).max() / number)
        figures = {
            OURS: knn_accuracy(seen.embedding[rows], truth),
            COMPONENTS: knn_accuracy(principal_components(own, seed=seed), truth),
            MAJORITY: most,
        }
        scores = [Score(method=method, values={"knn_accuracy": value}) for method, value in figures.items()]
        yield _evaluation(labelled, f"{how}; {condition}", "embed", number, scores)


def _in_order(
    said: Mapping[str, NDArray[np.floating]],
) -> list[tuple[str, NDArray[np.floating]]]:
    """Put logistic regression second, where the head of the card looks for what is beside the model."""
    return sorted(said.items(), key=lambda item: {OURS: 0, LOGISTIC: 1}.get(item[0], 2))


def _evaluation(labelled: Labelled, protocol: str, task: str, cells: int, scores: Sequence[Score]) -> Evaluation:
    return Evaluation(
        data=labelled.study.name,
        protocol=protocol,
        task=task,  # type: ignore[arg-type]
        estimate=None,
        cells=cells,
        entries=0,
        scores=tuple(scores),
    )
