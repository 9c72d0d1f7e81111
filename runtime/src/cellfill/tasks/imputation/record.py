"""What an imputation says of itself: columns of var, and a record of how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.fitness.heed import NOT_ASKED_FOR, UNTRIED
from cellfill.genes.alignment import IMPUTED
from cellfill.results.named import Results
from cellfill.results.names import BESIDE, Names
from cellfill.tasks.provenance import provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Bundle
    from cellfill.calibration.corrections import Calibration
    from cellfill.counts.source import Source
    from cellfill.fitness.gate import Gate
    from cellfill.fitness.spread import Spread
    from cellfill.genes.alignment import Alignment
    from cellfill.tasks.imputation.genes import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Imputation:
    """What imputing did.

    Attributes
    ----------
    alignment
        Which gene of the result was which, and which were imputed.
    calibration
        The corrections, or None.
    spread
        How far counts lie from what is predicted; None where that was not asked for.
    gate
        What a quick check of the model on these cells found; None where there was none.
    gate_asked
        Whether it was asked for.
    asked
        What became of genes that were asked for; None where none were asked for by name.
    cells
        Number of cells.
    zeros_filled
        Number of zeros that got a value.
    empty_cells
        Number of cells without counts in the model's genes; they are left as they are.
    shallow_cells
        Number of cells, those included, that are less than a tenth as deep as is usual in the dataset.
    device, remark
        What the graph ran on: ``cpu`` or ``cuda``; and why not on a GPU that there is, or empty.
    """

    alignment: Alignment
    calibration: Calibration | None
    spread: Spread | None
    gate: Gate | None
    gate_asked: bool
    asked: Asked | None
    cells: int
    zeros_filled: int
    empty_cells: int
    shallow_cells: int
    device: str
    remark: str


def names_of(key: str, beside: Sequence[str] = ()) -> Names:
    """Return what an imputation adds: the layer ``key``, others beside it, columns of var, and the record."""
    return Names(key=key, layers=(key, *beside), var=var_names(key), record=_record_name(key))


def _record_name(key: str) -> str:
    """Return the key of ``uns`` that holds the provenance of a layer, as scanpy names such records."""
    return "cellfill" if key == "imputed" else f"cellfill_{key}"


def var_names(key: str) -> tuple[str, str, str, str, str]:
    """Return the names of the columns of var.

    Imputed or not, why not, quality in training, gain in these cells, and how surely the model itself has one.
    """
    return key, f"{key}_reason", f"{key}_pearson", f"{key}_gain", f"{key}_known"


def describe_result(
    done: Imputation,
    asked: Mapping[str, Any],
    bundle: Bundle,
    *,
    key: str,
    beside: Sequence[str] = (),
    source: Source,
    notes: Sequence[str] = (),
) -> Results:
    """Say what was done.

    Parameters
    ----------
    done, asked, bundle
        What was done, what of its options the record says, and with which model.
    key
        Name of the layer.
    beside
        Of those beside it.
    source
        What held the counts.
    notes
        How the file was read, where a person should know.
    """
    alignment = done.alignment
    imputed = np.array([found == IMPUTED for found in alignment.reasons])
    pearson = np.append(bundle.genes.column("pearson"), np.nan)[alignment.gene_of_column]  # row -1 is the NaN
    flag, why, quality, gained, sure = var_names(key)
    record: dict[str, Any] = {
        **provenance(bundle, source, notes, layer=key),
        **asked,
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
    if beside:
        record[BESIDE] = np.array(beside, dtype=object)
    if done.asked is not None:
        record["genes_absent"] = np.array(done.asked.absent, dtype=object)
        record["genes_left"] = np.array(done.asked.left, dtype=object)
    if done.spread is not None:
        record["dispersion_factor"] = done.spread.factor
    if done.calibration is not None:
        record["calibration"] = _of_calibration(done.calibration)
    gain, known = np.full(len(imputed), np.nan), np.full(len(imputed), np.nan)
    if done.gate is None:
        record["check"] = {"verdict": "not tested", "why": UNTRIED if done.gate_asked else NOT_ASKED_FOR}
    else:
        record["check"] = done.gate.record()
        gain, known = (
            _of_columns(of_output, done.gate, bundle, alignment) for of_output in (done.gate.gain, done.gate.known)
        )
    return Results(
        record_name=_record_name(key),
        var={
            flag: imputed,
            why: list(alignment.reasons),
            quality: np.where(imputed, pearson, np.nan),
            gained: gain,
            sure: known,
        },
        record=record,
    )


def _of_columns(
    of_output: NDArray[np.float64], gate: Gate, bundle: Bundle, alignment: Alignment
) -> NDArray[np.float64]:
    """Return what a check found of its genes for each gene of the result; NaN where it found nothing."""
    of_gene = np.full(len(bundle.genes) + 1, np.nan)  # the last is that of no gene
    of_gene[bundle.genes.targets[gate.outputs]] = of_output
    found: NDArray[np.float64] = of_gene[alignment.gene_of_column]
    return found


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
