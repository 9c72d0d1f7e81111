"""What a result says besides its values: columns of var, and a record of how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill._version import __version__
from cellfill.errors import DataError, UsageError
from cellfill.fitness.heed import NOT_ASKED_FOR, UNTRIED
from cellfill.genes.alignment import IMPUTED
from cellfill.text.reasons import reason

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill.calibration.calibrate import Calibration
    from cellfill.counts.source import Source
    from cellfill.tasks.imputation.prepare import Imputation
    from cellfill.tasks.imputation.settings import Settings


_ABSENT: Any = object()
# Files have a meaning of their own for "..", ".zattrs", "_index", "__xarray__" and the like; "" is no name.
_NOT_FIRST = {"", ".", "_"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """What is added to a dataset besides the matrix.

    Attributes
    ----------
    var
        New columns of var, one value a gene: boolean or float64 arrays, or lists of text, for categories.
    record_name
        Key of ``uns`` that gets the record.
    record
        Provenance: plain types that h5ad and zarr can store; ``layer`` names the layer.
    """

    var: Mapping[str, Any]
    record_name: str
    record: Mapping[str, Any]


def record_name(key: str) -> str:
    """Return the key of ``uns`` that holds the provenance of a layer, as scanpy names such records."""
    return "cellfill" if key == "imputed" else f"cellfill_{key}"


def check_key(
    key: str, *, source: str | None, layers: Iterable[str], columns: Iterable[str], record: object
) -> None:
    """Refuse a key that would overwrite what cellfill did not write.

    Parameters
    ----------
    key
        The key asked for.
    source
        The layer of the counts, if they are in one.
    layers, columns
        Names of the layers and of the columns of var that there are.
    record
        What ``uns[record_name(key)]`` holds; None for nothing.

    Raises
    ------
    UsageError
        When the key cannot be one, is the layer of the counts, or is taken.
    """
    if not isinstance(key, str) or not key.isprintable() or "/" in key or key[:1] in _NOT_FIRST:
        raise UsageError(f"key_added is {key!r}; it must be a name without a slash, and not begin with a dot or _.")
    if key == "X":
        raise UsageError("key_added is 'X', which as the name of a layer means adata.X: choose another.")
    if key == source:
        raise UsageError(f"key_added is the layer of the counts ({source!r}): choose another, or lose them.")
    if isinstance(record, Mapping) and "cellfill_version" in record and record.get("layer") == key:
        return  # an earlier result of ours, which is replaced
    taken = [f"layers[{key!r}]"] if key in set(layers) else []
    taken += [f"var[{name!r}]" for name in _var_names(key) if name in set(columns)]
    taken += [f"uns[{record_name(key)!r}]"] if record is not None else []
    if taken:
        raise UsageError(
            f"The data have {' and '.join(taken)} already, not written by cellfill. Choose another name with "
            "--key-added (key_added=...)."
        )


def describe_result(
    done: Imputation, settings: Settings, bundle: Bundle, *, key: str, source: Source, notes: Sequence[str] = ()
) -> Annotations:
    """Say what was done.

    Parameters
    ----------
    done, settings, bundle
        What was done, how, and with which model.
    key
        Name of the layer.
    source
        What held the counts.
    notes
        How the file was read, where a person should know.
    """
    alignment = done.alignment
    imputed = np.array([found == IMPUTED for found in alignment.reasons])
    pearson = np.append(bundle.genes.column("pearson"), np.nan)[alignment.gene_of_column]  # row -1 is the NaN
    flag, why, quality, gained = _var_names(key)
    record: dict[str, Any] = {
        "cellfill_version": __version__,
        "layer": key,
        "model": bundle.manifest.name,
        "model_sha256": bundle.manifest.files["model.onnx"].sha256,
        **(bundle.origin.record() if bundle.origin else {}),
        "counts": source.matrix.name,
        "saw": "; ".join([source.saw, *(note.rstrip(".") for note in notes)]),
        "estimate": settings.estimate,
        "policy": settings.policy,
        "drop_below": settings.drop_below,
        "dtype": settings.dtype,
        "device": done.device,
        "device_remark": done.remark,
        "cells": done.cells,
        "genes": len(imputed),
        "empty_cells": done.empty_cells,
        "shallow_cells": done.shallow_cells,
        "predictors_found": alignment.inputs_found,
        "predictors_needed": alignment.inputs_needed,
        "genes_imputed": alignment.targets_found,
        "genes_imputable": alignment.targets_known,
        "zeros_filled": done.zeros_filled,
        "calibrated": done.calibration is not None,
    }
    record = {name: value for name, value in record.items() if value != -1}  # a lazy result: not known yet
    if done.calibration is not None:
        record["calibration"] = _of_calibration(done.calibration)
    gain = np.full(len(imputed), np.nan)
    if done.gate is None:
        record["check"] = {"verdict": "not tested", "why": UNTRIED if settings.gate else NOT_ASKED_FOR}
    else:
        record["check"] = done.gate.record()
        of_gene = np.full(len(bundle.genes) + 1, np.nan)  # the last is that of no gene
        of_gene[bundle.genes.targets[done.gate.outputs]] = done.gate.gain
        gain = of_gene[alignment.gene_of_column]
    return Annotations(
        record_name=record_name(key),
        var={
            flag: imputed,
            why: list(alignment.reasons),
            quality: np.where(imputed, pearson, np.nan),
            gained: gain,
        },
        record=record,
    )


def add_to(adata: Any, values: Any, added: Annotations) -> None:
    """Add a result to an AnnData, in place, in the manner of scanpy: all of it or nothing.

    Raises
    ------
    DataError
        When the AnnData takes no part of it; it is as it was then.
    """
    steps = [("var", name, _categories(column)) for name, column in added.var.items()]
    steps += [("uns", added.record_name, dict(added.record)), ("layers", added.record["layer"], values)]
    before: list[tuple[str, str, Any]] = []
    try:
        for part, name, value in steps:
            # Asked for anew every time: the first of them makes a view a copy.
            held = getattr(adata, part)
            old = held.get(name, _ABSENT)
            held[name] = value
            before.append((part, name, old))
    except BaseException as error:
        for part, name, value in reversed(before):
            _put_back(getattr(adata, part), name, value)
        if not isinstance(error, Exception) or isinstance(error, MemoryError):
            raise
        raise DataError(
            f"The result cannot be added to this AnnData: {reason(error)}. Nothing was added. Load it first: "
            "adata.to_memory()."
        ) from error


def _put_back(held: Any, name: str, value: Any) -> None:
    if value is not _ABSENT:
        held[name] = value
    elif name in held:
        del held[name]


def _categories(values: Any) -> Any:
    """Return a column as pandas takes it: a list of text as categories."""
    import pandas as pd

    return pd.Categorical(values) if isinstance(values, list) else values


def _var_names(key: str) -> tuple[str, str, str, str]:
    return key, f"{key}_reason", f"{key}_pearson", f"{key}_gain"


def _of_calibration(calibration: Calibration) -> dict[str, Any]:
    low, median, high = np.quantile(calibration.factors, [0.05, 0.5, 0.95])
    return {
        "cells": calibration.cells,
        "factor_5_percent": float(low),
        "factor_median": float(median),
        "factor_95_percent": float(high),
        "part": calibration.part,
        "scores": calibration.scores,
    }
