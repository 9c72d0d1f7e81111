"""The rows of classes.tsv, whatever learnt the types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.bundle import CellClass, Classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.studies.cell_classes import ClassTree


def class_rows(tree: ClassTree, cells: NDArray[Any], shares: NDArray[Any]) -> Classes:
    """Return the rows of classes.tsv, without figures.

    Parameters
    ----------
    tree
        The types.
    cells, shares
        (leaves,) how many cells of each trained the model, and how often they were drawn, in any unit.
    """
    priors = dict(zip(tree.leaves, (shares / shares.sum()).tolist(), strict=True))
    return Classes(
        [
            CellClass(
                name=c.name,
                parent=c.parent,
                ontology_id=c.ontology_id,
                prior=priors.get(c.name, float("nan")),
                cells=float(number),
            )
            for c, number in zip(tree.classes, tree.members() @ cells, strict=True)
        ]
    )
