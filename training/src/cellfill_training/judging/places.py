"""Whether cells that lie together are alike, without a label: molecules that were held back, told by neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from cellfill.bundle import Evaluation, Score
from cellfill.fitness.hiding import split_molecules
from cellfill.genes.align import align
from cellfill.network.cells import map_genes
from cellfill.network.predict import predict_outputs
from cellfill.network.session import open_network
from cellfill.tasks.embedding.verdict import OWN, TOLD
from cellfill_training.cards.facts import NOT_JUDGED
from cellfill_training.cards.types import GENE_MEANS
from cellfill_training.judging.annotation.neighbours import NEIGHBOURS, nearest
from cellfill_training.judging.annotation.principal import principal_components

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Bundle
    from cellfill.network.session import Network
    from cellfill_training.studies.study import Study

PROTOCOL = f"molecules that {NEIGHBOURS} neighbours tell (after Batson 2019); cells placed by 90 % of theirs"
OURS, COMPONENTS = OWN, "principal components of the same cells"
_SHARE = 0.9
_CELLS_AT_A_TIME = 256  # all genes of them are dense for a while


def judge_places(
    bundle: Bundle, unseen: Sequence[Study], few: Sequence[str], *, batches: bool = False, seed: int = 0
) -> Bundle:
    """Return a bundle with figures of its embedding on cells that trained nothing.

    Parameters
    ----------
    bundle
        The model, which embeds.
    unseen, few
        Of `held_out.choose_cells`.
    batches
        Whether the studies are batches that the model is to mix: then how they do is measured, too.
    seed
        Splits the molecules.
    """
    why = {NOT_JUDGED: "; ".join(few)} if few else {}
    return replace(
        bundle,
        manifest=replace(
            bundle.manifest,
            evaluations=(*bundle.manifest.evaluations, *_evaluations(bundle, unseen, batches=batches, seed=seed)),
            provenance=dict(bundle.manifest.provenance) | why,
        ),
    )


def deviance_explained(places: NDArray[np.floating], seen: csr_matrix, hidden: csr_matrix) -> float:
    """Return the share of the Poisson deviance of hidden molecules that neighbours tell beyond the genes' means.

    A cell's rates are those of its nearest others, and of one cell of all together; its depth is its own.

    Parameters
    ----------
    places
        Cells x dimensions.
    seen, hidden
        Counts that places and rates come from, and counts to be told, cells x genes.
    """
    near = nearest(places, NEIGHBOURS)
    whole = np.asarray(seen.sum(axis=0, dtype=np.float64)).ravel()
    mean = whole / max(whole.sum(), 1)
    ours = trivial = 0.0
    for first in range(0, len(near), _CELLS_AT_A_TIME):
        rows = near[first : first + _CELLS_AT_A_TIME]
        told = hidden[first : first + _CELLS_AT_A_TIME].toarray().astype(np.float64)
        depth = told.sum(axis=1, keepdims=True)
        pooled = np.stack([np.asarray(seen[own].sum(axis=0, dtype=np.float64)).ravel() for own in rows])
        pooled += mean * whole.sum() / seen.shape[0]
        rates = pooled / np.maximum(pooled.sum(axis=1, keepdims=True), 1e-12)
        ours += _deviance(told, rates * depth)
        trivial += _deviance(told, mean * depth)
    return float(1 - ours / max(trivial, 1e-12))


def _deviance(counts: NDArray[np.float64], mean: NDArray[np.float64]) -> float:
    known = np.broadcast_to(mean > 0, counts.shape)
    counts, mean = counts[known], np.broadcast_to(mean, counts.shape)[known]
    logs = np.where(counts > 0, counts * np.log(np.maximum(counts, 1e-12) / mean), 0)
    return float(2 * (logs - counts + mean).sum())


def mixed(places: NDArray[np.floating], batch: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return of each batch how many neighbours of its cells are of another, as a share of what chance would give.

    Parameters
    ----------
    places
        Cells x dimensions, of all batches.
    batch
        (cells,) number of the batch of each, from 0 on.
    """
    numbers = np.bincount(batch)
    others = (batch[nearest(places, NEIGHBOURS)] != batch[:, None]).mean(axis=1)
    chance = (len(batch) - numbers) / (len(batch) - 1)
    return np.bincount(batch, weights=others) / numbers / chance


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Cells of a study that have a place: counts seen and held back, those seen in the model's genes, places."""

    name: str
    seen: csr_matrix
    hidden: csr_matrix
    inputs: csr_matrix
    places: NDArray[np.float32]


def _placed(bundle: Bundle, study: Study, network: Network, *, seed: int) -> _Placed:
    manifest = bundle.manifest
    known = align(bundle.genes, study.gene_names, species=manifest.species, min_coverage=manifest.min_coverage)
    seen, hidden = split_molecules(study.counts, seed=seed, share=_SHARE)
    cells = map_genes(known, bundle.genes, inputs=network.inputs).input_cells(seen)
    found = predict_outputs(network, cells, network.meanings)["embedding"]
    kept = np.flatnonzero(np.isfinite(found).all(axis=1))
    return _Placed(
        name=study.name, seen=seen[kept], hidden=hidden[kept], inputs=cells.inputs[kept], places=found[kept]
    )


def _evaluations(bundle: Bundle, unseen: Sequence[Study], *, batches: bool, seed: int) -> Iterator[Evaluation]:
    network = open_network(bundle, device="cpu", threads=1)
    placed = [_placed(bundle, study, network, seed=seed) for study in unseen]
    together = _mixing(placed, seed=seed) if batches and len(placed) > 1 else {}
    for number, one in enumerate(placed):
        figures = {
            OURS: deviance_explained(one.places, one.seen, one.hidden),
            COMPONENTS: deviance_explained(principal_components(one.seen, seed=seed), one.seen, one.hidden),
            GENE_MEANS: 0.0,  # by definition
        }
        yield Evaluation(
            data=one.name,
            protocol=PROTOCOL,
            task="embed",
            estimate=None,
            cells=len(one.places),
            entries=0,
            scores=tuple(
                Score(
                    method=method,
                    values={TOLD: value}
                    | ({"mixed": float(together[method][number])} if method in together else {}),
                )
                for method, value in figures.items()
            ),
        )


def _mixing(placed: Sequence[_Placed], *, seed: int) -> dict[str, NDArray[np.float64]]:
    """Return how batches mix in the embedding, and in principal components of the same cells, in its genes."""
    batch = np.repeat(np.arange(len(placed)), [len(one.places) for one in placed])
    inputs = sparse.vstack([one.inputs for one in placed]).tocsr()
    inputs.sum_duplicates()
    return {
        OURS: mixed(np.concatenate([one.places for one in placed]), batch),
        COMPONENTS: mixed(principal_components(inputs, seed=seed), batch),
    }
