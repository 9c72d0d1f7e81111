"""What the scripts of networks that learn types or are wired by gene sets share: a network of studies of blood."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from cell_types.studies import NEVER, TRAINING, Studies
from cellfill_training.architectures.catalogue import ARCHITECTURES
from cellfill_training.studies.labels import Labelled
from cellfill_training.workflow.networks.training import fit_network

_TOO_FEW = 10  # cells: fit_network is not to judge what is judged here


def trained(studies: Studies, name: str, *, on: tuple[str, ...] = TRAINING, sets=None, untold: str = "", **changes):
    """Return the bundle of a network, by its published options but for some.

    Parameters
    ----------
    studies
        Of which some are learnt.
    name
        Of the network.
    on
        Names of the studies.
    sets
        The gene sets that wire it.
    untold
        A type whose cells have no label.
    """
    tree, kind = studies.table.tree, ARCHITECTURES[name]
    learnt = [studies.labelled[one] for one in on]
    if untold:
        kept = [leaf for leaf in tree.leaves if leaf != untold]
        place = np.array([kept.index(leaf) if leaf in kept else -1 for leaf in tree.leaves] + [-1])
        learnt = [
            replace(one, leaves=place[one.leaves], trusted=one.trusted & (place[one.leaves] >= 0)) for one in learnt
        ]
        tree = tree.only(kept)
    few = studies.labelled[NEVER[0]]
    judges = Labelled(
        study=replace(few.study.take(np.arange(_TOO_FEW)), name="too few"),
        leaves=np.full(_TOO_FEW, -1),
        trusted=np.zeros(_TOO_FEW, dtype=bool),
    )
    return fit_network(
        learnt if kind.labels else [one.study for one in learnt],
        out=Path(tempfile.mkdtemp()) / name,
        architecture=name,
        options=kind.options(**changes),
        held_out=[judges if kind.labels else judges.study],
        tree=tree if kind.labels else None,
        gene_sets=sets,
        gene_table=studies.genes,
    )
