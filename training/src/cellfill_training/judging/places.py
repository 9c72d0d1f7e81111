"""Whether cells that lie together are alike, without a label: molecules that were held back, told by neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Evaluation, Score
from cellfill.fitness.hiding import split_molecules
from cellfill.genes.align import align
from cellfill.network.cells import map_genes
from cellfill.network.predict import predict_outputs
from cellfill.network.session import open_network
from cellfill_training.cards.facts import NOT_JUDGED
from cellfill_training.judging.annotation.neighbours import NEIGHBOURS, nearest
from cellfill_training.judging.annotation.principal import principal_components

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Bundle
    from cellfill_training.studies.study import Study

PROTOCOL = f"molecules that {NEIGHBOURS} neighbours tell (after Batson 2019); cells placed by 90 % of theirs"
OURS, COMPONENTS, TRIVIAL = "cellfill", "principal components of the same cells", "gene mean x library"
_SHARE = 0.9


def judge_places(bundle: Bundle, unseen: Sequence[Study], few: Sequence[str], *, seed: int = 0) -> Bundle:
    """Return a bundle with figures of its embedding on cells that trained nothing.

    Parameters
    ----------
    bundle
        The model, which embeds.
    unseen, few
        Of `held_out.choose_cells`.
    seed
        Splits the molecules.
    """
    why = {NOT_JUDGED: "; ".join(few)} if few else {}
    return replace(
        bundle,
        manifest=replace(
            bundle.manifest,
            evaluations=(*bundle.manifest.evaluations, *_evaluations(bundle, unseen, seed=seed)),
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
    told = hidden.toarray().astype(np.float64)
    depth = told.sum(axis=1, keepdims=True)
    mean = whole / max(whole.sum(), 1)
    pooled = np.stack([np.asarray(seen[rows].sum(axis=0, dtype=np.float64)).ravel() for rows in near])
    pooled = pooled + mean * whole.sum() / seen.shape[0]
    rates = pooled / np.maximum(pooled.sum(axis=1, keepdims=True), 1e-12)
    trivial = _deviance(told, mean * depth)
    return float(1 - _deviance(told, rates * depth) / max(trivial, 1e-12))


def _deviance(counts: NDArray[np.float64], mean: NDArray[np.float64]) -> float:
    known = np.broadcast_to(mean > 0, counts.shape)
    counts, mean = counts[known], np.broadcast_to(mean, counts.shape)[known]
    logs = np.where(counts > 0, counts * np.log(np.maximum(counts, 1e-12) / mean), 0)
    return float(2 * (logs - counts + mean).sum())


def _evaluations(bundle: Bundle, unseen: Sequence[Study], *, seed: int) -> Iterator[Evaluation]:
    network, manifest = open_network(bundle, device="cpu", threads=1), bundle.manifest
    for study in unseen:
        known = align(bundle.genes, study.gene_names, species=manifest.species, min_coverage=manifest.min_coverage)
        seen, hidden = split_molecules(study.counts, seed=seed, share=_SHARE)
        cells = map_genes(known, bundle.genes, inputs=network.inputs).input_cells(seen)
        found = predict_outputs(network, cells, network.meanings)["embedding"]
        kept = np.flatnonzero(np.isfinite(found).all(axis=1))
        seen, hidden = seen[kept], hidden[kept]
        figures = {
            OURS: deviance_explained(found[kept], seen, hidden),
            COMPONENTS: deviance_explained(principal_components(seen, seed=seed), seen, hidden),
            TRIVIAL: 0.0,  # by definition
        }
        yield Evaluation(
            data=study.name,
            protocol=PROTOCOL,
            task="embed",
            estimate=None,
            cells=len(kept),
            entries=0,
            scores=tuple(
                Score(method=method, values={"deviance_explained": value}) for method, value in figures.items()
            ),
        )
