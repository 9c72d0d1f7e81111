"""What is refused of labels before a training begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellfill.bundle import CellClass, Classes, format_classes, parse_classes
from cellfill.errors import BundleError, DataError
from cellfill.text.sentences import some
from cellfill_training.studies.cell_classes import ClassTree
from cellfill_training.studies.labels import Labelled

# Of a type, in all studies together: fewer are no type that could be learnt and told from others.
LEAST_CELLS = 3
_NAMED = 5  # of types that have too few
_SHOWN = 60  # letters of a name
_WITH_TABLE = (
    "In the table of labels, give their labels no type, parent and id (the cells then train nothing), or let them "
    "mean the type above; take out a type that no study has."
)
_WITHOUT_TABLE = (
    "Empty their labels in the column (the cells then train nothing), give more such cells, or say in a table "
    "(--label-table) of which types the labels are kinds; a label with an empty type there trains nothing."
)
_LINEAR = " Or train without hidden layers (--network linear): a type of a single cell is learnt, too."


def check_labels(
    studies: Sequence[Labelled],
    tree: ClassTree,
    *,
    table: bool = True,
    least: int = LEAST_CELLS,
    linear: bool = False,
) -> None:
    """Refuse labels that no types can be learnt from.

    Parameters
    ----------
    studies, tree
        What is to be learnt.
    table
        Whether a table says what labels are, for what is advised.
    least
        Cells of a type.
    linear
        Whether a model without hidden layers, which learns of fewer, can be had instead.

    Raises
    ------
    DataError
        When no cell has a label, a type has too few cells, or types are called what no model may call them.
    """
    numbers = [np.bincount(s.leaves[s.trusted], minlength=len(tree.leaves)) for s in studies]
    if not any(number.any() for number in numbers):
        raise DataError("No cell has a label that the table gives a type: there is no type to learn.")
    if len(tree.leaves) < 2:
        raise DataError(
            f"Every cell that has a label is {tree.leaves[0]!r}: a model tells two types apart at least. Is it the "
            "right column?"
        )
    total = sum(numbers)
    rare = [
        f"{name!r} ({number:,})"
        for name, number in zip(tree.leaves, np.asarray(total).tolist(), strict=True)
        if number < least
    ]
    if rare:
        to_do = (_WITH_TABLE if table else _WITHOUT_TABLE) + (_LINEAR if linear else "")
        raise DataError(
            f"Too few cells to learn from: {least} of a type are the least, in all studies together, and "
            f"there are fewer of {some(rare, _NAMED)}. {to_do}"
        )
    for name in (c.name for c in tree.classes):
        other = "another" if name == "other" else "other"  # a single type is no classes
        try:
            parse_classes(format_classes(Classes([CellClass(name=name), CellClass(name=other)])))
        except BundleError as error:
            shown = repr(name if len(name) <= _SHOWN else name[:_SHOWN] + "...")
            raise DataError(
                f"No type of a model can be called {shown} ({str(error).partition(': ')[2].rstrip('.')}): give it "
                "another name."
            ) from error
    rows = [CellClass(name=c.name, parent=c.parent, ontology_id=c.ontology_id) for c in tree.classes]
    try:
        parse_classes(format_classes(Classes(rows)))
    except BundleError as error:
        raise DataError(f"The table of labels cannot be the types of a model: {error}") from error
