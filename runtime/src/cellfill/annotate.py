"""Add a result to an AnnData, in the manner of scanpy, and keep track of what cellfill wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill._version import __version__
from cellfill.align import IMPUTED
from cellfill.errors import UsageError
from cellfill.imputation import Imputation, Settings

if TYPE_CHECKING:
    from cellfill.bundle import Bundle


def record_name(key_added: str) -> str:
    """Return the key of ``uns`` that holds the provenance of a layer, as scanpy names such records."""
    return "cellfill" if key_added == "imputed" else f"cellfill_{key_added}"


def check_key(adata: Any, key_added: str, *, layer: str | None) -> None:
    """Refuse a key that would overwrite what cellfill did not write.

    Raises
    ------
    UsageError
        When the key cannot be one, is the layer of the counts, or is taken.
    """
    if not isinstance(key_added, str) or not key_added or "/" in key_added:
        raise UsageError(f"key_added is {key_added!r}; it must be a name without a slash.")
    if key_added == layer:
        raise UsageError(f"key_added is the layer of the counts ({layer!r}): choose another, or lose them.")
    record = adata.uns.get(record_name(key_added))
    if isinstance(record, Mapping) and "cellfill_version" in record and record.get("layer") == key_added:
        return  # an earlier result of ours, which is replaced
    taken = [f"layers[{key_added!r}]"] if key_added in adata.layers else []
    taken += [f"var[{name!r}]" for name in _var_names(key_added) if name in adata.var]
    taken += [f"uns[{record_name(key_added)!r}]"] if record is not None else []
    if taken:
        raise UsageError(
            f"The data have {' and '.join(taken)} already, not written by cellfill. Choose another name with "
            "--key-added (key_added=...)."
        )


def _var_names(key: str) -> tuple[str, str, str]:
    return key, f"{key}_reason", f"{key}_pearson"


def annotate(
    adata: Any, result: Imputation, settings: Settings, bundle: Bundle, *, key_added: str, source: str
) -> None:
    """Add the layer, the columns of var and the record in uns.

    Parameters
    ----------
    adata
        The AnnData, changed in place.
    result, settings, bundle
        What was done, how, and with which model.
    key_added
        A key that `check_key` accepts.
    source
        What held the counts.
    """
    alignment = result.alignment
    imputed = np.array([reason == IMPUTED for reason in alignment.reasons])
    pearson = np.append(bundle.genes.column("pearson"), np.nan)[alignment.gene_of_column]  # row -1 is the NaN
    flag, reason, quality = _var_names(key_added)
    adata.layers[key_added] = result.values
    adata.var[flag] = imputed
    adata.var[reason] = list(alignment.reasons)
    adata.var[reason] = adata.var[reason].astype("category")
    adata.var[quality] = np.where(imputed, pearson, np.nan)
    record = _provenance(bundle, settings, result)
    adata.uns[record_name(key_added)] = record | {"counts": source, "layer": key_added}


def _provenance(bundle: Bundle, settings: Settings, result: Imputation) -> dict[str, Any]:
    """Return what uns keeps; plain types that h5ad and zarr can store."""
    alignment, calibration = result.alignment, result.calibration
    record: dict[str, Any] = {
        "cellfill_version": __version__,
        "model": bundle.manifest.name,
        "model_sha256": bundle.manifest.files["model.onnx"].sha256,
        "estimate": settings.estimate,
        "policy": settings.policy,
        "calibrated": calibration is not None,
        "cells": int(result.values.shape[0]),
        "empty_cells": result.empty_cells,
        "predictors_found": alignment.inputs_found,
        "predictors_needed": alignment.inputs_needed,
        "genes_imputed": alignment.targets_found,
        "genes_imputable": alignment.targets_known,
        "zeros_filled": result.zeros_filled,
    }
    if calibration is not None:
        low, median, high = np.quantile(calibration.factors, [0.05, 0.5, 0.95])
        record["calibration"] = {
            "cells": calibration.cells,
            "shallow_cells": calibration.shallow_cells,
            "factor_5_percent": float(low),
            "factor_median": float(median),
            "factor_95_percent": float(high),
            "part": calibration.part,
            "scores": calibration.scores,
        }
    return record
