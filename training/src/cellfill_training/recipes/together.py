"""A model and what stands beside it: all of them come into their places together, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cellfill.bundle import check_writable
from cellfill.writers.leftovers import MODEL_ENDINGS
from cellfill.writers.place import Place, writing
from cellfill_training.fitting.history import curve_place, history_place
from cellfill_training.recipes.writing import recipe_place


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """Where a model and what stands beside it are written until all of it is there."""

    folder: Path
    recipe: Path
    history: Path
    curve: Path


@contextmanager
def together(out: Path, *, overwrite: bool, recipe: bool) -> Iterator[Scratch]:
    """Yield where to write a model and what stands beside it, and put all of that in place at the end.

    Where the work fails or is told to stop, an earlier model stays as it was, with what stands beside it. What of
    an earlier one is not written anew goes with it.

    Parameters
    ----------
    out
        The folder of the model.
    overwrite
        Replace an earlier model.
    recipe
        Whether a recipe is written, too; otherwise one that is there stays.

    Raises
    ------
    OutputExistsError
        When something is there that may not be replaced.
    OutputError
        When nothing can be written there.
    """
    check_writable(out, overwrite=overwrite)
    beside = [ending for ending in MODEL_ENDINGS if recipe or not recipe_place(out).name.endswith(ending)]
    place = Place(out, beside=beside)
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        place.make()
    try:
        stem = place.beside[0].with_name(place.target.name)
        yield Scratch(
            folder=place.scratch, recipe=recipe_place(stem), history=history_place(stem), curve=curve_place(stem)
        )
        with writing(out):
            place.commit(overwrite=overwrite)
    finally:
        place.discard()
