"""What a model says of the cells of a study, by the runtime's own path: as a person gets it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.model import Model
    from cellfill_training.studies.study import Study

_KEY = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a model says of cells.

    Attributes
    ----------
    probabilities
        Cells x leaf types; every type alike for a cell that the model sees no count of.
    types
        (cells,) row of the answer in the model's types, -1 for unassigned.
    """

    probabilities: NDArray[np.float64]
    types: NDArray[np.intp]


def answers_of(model: Model, study: Study) -> Answers:
    """Name the cells of a study; see `cellfill.annotate`, whose errors these are."""
    adata = as_anndata(study)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.annotate(adata, key_added=_KEY)
    classes = model.opened.bundle.classes
    assert classes is not None  # or the call had refused
    rows = {name: row for row, name in enumerate(classes.names)}
    probabilities = np.asarray(adata.obsm[f"{_KEY}_probabilities"], dtype=np.float64)
    return Answers(
        probabilities=np.where(np.isnan(probabilities), 1 / probabilities.shape[1], probabilities),
        types=np.array([rows.get(name, -1) for name in adata.obs[_KEY].astype(str)], dtype=np.intp),
    )


def places_of(model: Model, study: Study, batches: NDArray[np.str_] | None = None) -> NDArray[np.float32]:
    """Embed the cells of a study, cells x dimensions; NaN for a cell that the model sees no count of.

    Parameters
    ----------
    model, study
        See `cellfill.embed`, whose errors these are.
    batches
        (cells,) whose differences are taken out; None for none.
    """
    adata = as_anndata(study)
    if batches is not None:
        adata.obs["batch"] = batches
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.embed(adata, key_added=f"X_{_KEY}", batch=None if batches is None else "batch")
    return np.asarray(adata.obsm[f"X_{_KEY}"], dtype=np.float32)


def as_anndata(study: Study) -> Any:
    """Return a study as an AnnData; every spelling of its genes is a column of ``var`` that the runtime reads."""
    import anndata
    import pandas as pd

    first, *others = study.gene_names
    # One usual name of a column of symbols each, so that ids and symbols are both looked at.
    columns = dict(zip(("gene_symbols", "symbol", "gene_name", "feature_name"), others, strict=False))
    var = pd.DataFrame({name: list(values) for name, values in columns.items()}, index=list(first))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return anndata.AnnData(study.counts.copy(), var=var)
