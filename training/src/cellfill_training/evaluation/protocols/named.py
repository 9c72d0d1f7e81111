"""The protocols by name, and what each needs to be known of the cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from cellfill.errors import UsageError
from cellfill_training.evaluation.extras import require
from cellfill_training.evaluation.protocols.clusters import LabelledCells
from cellfill_training.evaluation.protocols.differential import GroupedCells
from cellfill_training.evaluation.protocols.gini import Reference
from cellfill_training.evaluation.protocols.known_truth import KnownTruth
from cellfill_training.evaluation.protocols.masked import hide
from cellfill_training.evaluation.protocols.molecules import split
from cellfill_training.evaluation.protocols.protein import protein_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.evaluation.protocols.task import Task
    from cellfill_training.evaluation.subjects import Subject

ProtocolName = Literal["masked", "molecules", "truth", "clusters", "differential", "gini", "protein"]
PROTOCOLS: tuple[ProtocolName, ...] = get_args(ProtocolName)

# What hides some of the counts: each shows the methods cells of its own.
_HIDING: tuple[ProtocolName, ...] = ("masked", "molecules")
_NEEDS: dict[ProtocolName, str] = {
    "truth": "a layer with the true counts (--truth-layer), or the simulation (--simulation)",
    "gini": "a layer with the true counts (--truth-layer), or the simulation (--simulation)",
    "clusters": "the cells' types (--labels COLUMN), or the simulation (--simulation)",
    "differential": "the simulation (--simulation)",
    "protein": "antibodies counted in the same cells (--proteins)",
}
_PACKAGES: dict[ProtocolName, tuple[str, ...]] = {
    "clusters": ("scanpy", "sklearn", "igraph"),
    "differential": ("scanpy", "sklearn"),
    "protein": ("sklearn",),
}


def protocol_named(text: str) -> ProtocolName:
    """Return the protocol of a name.

    Raises
    ------
    UsageError
        When there is none.
    """
    for protocol in PROTOCOLS:
        if protocol == text:
            return protocol
    raise UsageError(f"There is no protocol {text!r}; there are {', '.join(PROTOCOLS)}.")


def possible(protocol: ProtocolName, subject: Subject) -> bool:
    """Return whether enough is known of a subject's cells for a protocol."""
    match protocol:
        case "truth" | "gini":
            return subject.truth is not None
        case "clusters":
            return subject.labels is not None
        case "differential":
            return subject.differs is not None
        case "protein":
            return subject.carried is not None
        case _:
            return True


def choose_protocols(asked: Sequence[ProtocolName] | None, subjects: Sequence[Subject]) -> tuple[ProtocolName, ...]:
    """Return the protocols to run: those asked for, or all that some subject allows.

    Raises
    ------
    UsageError
        When one is unknown, or is asked for and no subject allows it.
    MissingDependencyError
        When a package that one needs is not installed.
    """
    chosen = tuple(asked or (p for p in PROTOCOLS if any(possible(p, s) for s in subjects)))
    for protocol in chosen:
        if not any(possible(protocol_named(protocol), subject) for subject in subjects):
            raise UsageError(f"The protocol {protocol} needs {_NEEDS[protocol]}.")
        for package in _PACKAGES.get(protocol, ()):
            require(package, purpose=f"The protocol {protocol}")
    return chosen


def draws_of(chosen: Sequence[ProtocolName], subject: Subject) -> int:
    """Return how many sets of cells methods see in one draw: whole cells are predicted once for all protocols."""
    shown = [protocol for protocol in chosen if possible(protocol, subject)]
    hiding = sum(protocol in _HIDING for protocol in shown)
    return hiding + (1 if hiding < len(shown) else 0)


def make_task(protocol: ProtocolName, subject: Subject, genes: NDArray[np.intp], *, seed: int) -> Task | None:
    """Return one draw of a protocol, or None where too little is known of the cells.

    Parameters
    ----------
    protocol
        Its name.
    subject
        The cells, already drawn.
    genes
        Columns that are scored; ``differential`` scores all.
    seed
        Of the draw.
    """
    study, labels, truth, differs = subject.study, subject.labels, subject.truth, subject.differs
    if protocol == "masked":
        return hide(study, genes, seed=seed)
    if protocol == "molecules":
        return split(study, genes, seed=seed)
    if protocol == "truth" and truth is not None:
        return KnownTruth(study=study, truth=truth, genes=genes)
    if protocol == "gini" and truth is not None:
        return Reference(study=study, reference=truth, genes=genes)
    if protocol == "clusters" and labels is not None:
        return LabelledCells(study=study, labels=labels, genes=genes, seed=seed)
    if protocol == "differential" and labels is not None and differs is not None:
        return GroupedCells(study=study, groups=np.unique(labels, return_inverse=True)[1], differs=differs)
    if protocol == "protein" and subject.carried is not None:
        return protein_of(study, subject.carried)
    return None
