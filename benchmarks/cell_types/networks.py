"""The networks that are judged, each without what it is judged on; kept in a folder, since they take minutes."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.architectures.classifier.cells import bring_together
from cellfill_training.architectures.classifier.classifier import train_classifier
from cellfill_training.architectures.classifier.genes import choose_genes, scaling_of
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.architectures.classifier.profiles import type_profiles
from cellfill_training.architectures.classifier.training import train_network

from .studies import TRAINING, without_types

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.network import Network
    from cellfill_training.architectures.classifier.unknown import UnknownCheck
    from cellfill_training.studies.gene_table import GeneName

    from .studies import Studies


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A network and what it reads and tells.

    Attributes
    ----------
    network
        With its temperature.
    genes
        Its inputs.
    profiles
        Genes x leaves that it learnt.
    unknown
        How cells of no known type are told.
    leaves
        Numbers of the leaves that it learnt, in its order.
    """

    network: Network
    genes: tuple[GeneName, ...]
    profiles: NDArray[np.float64]
    unknown: UnknownCheck
    leaves: NDArray[np.intp]


def without_studies(found: Studies, options: ClassifierOptions, scratch: Path) -> dict[str, Trained]:
    """Return a network for each labelled study: one without it, and for those that never train the whole."""

    def train() -> Any:
        left: dict[str, Network] = {}
        whole = train_classifier(
            [found.labelled[name] for name in TRAINING],
            found.table.tree,
            options,
            gene_table=found.genes,
            on_left_out=left.__setitem__,
        )
        return whole, left

    whole, left = _kept(scratch, "studies", options, train)
    leaves = np.arange(len(found.table.tree.leaves))
    every = bring_together([found.labelled[name] for name in TRAINING], [], types=len(leaves), table=found.genes)
    place = {gene: number for number, gene in enumerate(every.genes)}
    cells = every.take_genes(np.array([place[gene] for gene in whole.genes]))
    networks = {}
    for name in found.labelled:
        network, profiles = whole.network, whole.profiles
        if name in left:
            network = replace(left[name], temperature=whole.network.temperature)
            profiles = type_profiles(_others(cells, name))
        networks[name] = Trained(
            network=network, genes=whole.genes, profiles=profiles, unknown=whole.unknown, leaves=leaves
        )
    return networks


def without_type(
    found: Studies, types: tuple[str, ...], whole: Trained, options: ClassifierOptions, scratch: Path
) -> Trained:
    """Return a network of the training studies without the cells of some types, which it never saw."""
    tree = found.table.tree
    gone = np.array([tree.leaves.index(name) for name in types])
    kept = np.setdiff1d(np.arange(len(tree.leaves)), gone)

    def train() -> Any:
        studies = [without_types(found.labelled[name], gone, kept) for name in TRAINING]
        cells = bring_together(studies, [], types=len(kept), table=found.genes)
        cells = cells.take_genes(choose_genes(cells, options.genes))
        network = train_network(cells, scaling_of(cells, bound=options.bound), options)
        return network, cells.genes, type_profiles(cells)

    network, genes, profiles = _kept(scratch, "without " + " and ".join(types), options, train)
    network = replace(network, temperature=whole.network.temperature)
    return Trained(network=network, genes=genes, profiles=profiles, unknown=whole.unknown, leaves=kept)


def _others(cells: Any, name: str) -> Any:
    from cellfill_training.architectures.classifier.left_out import without_study

    return without_study(cells, cells.names.index(name))


def _kept(scratch: Path, name: str, options: ClassifierOptions, train: Callable[[], Any]) -> Any:
    """Return what was trained before with the same options, or train it and keep it."""
    import cellfill_training.architectures.classifier as package

    state = hashlib.sha256(repr(sorted(asdict(options).items())).encode())
    for module in sorted(Path(package.__path__[0]).glob("*.py")):
        state.update(module.read_bytes())
    file = scratch / f"{name}-{state.hexdigest()[:12]}.pickle"
    if not file.is_file():
        scratch.mkdir(parents=True, exist_ok=True)
        made = train()
        file.with_suffix(".new").write_bytes(pickle.dumps(made))
        file.with_suffix(".new").replace(file)
    return pickle.loads(file.read_bytes())
