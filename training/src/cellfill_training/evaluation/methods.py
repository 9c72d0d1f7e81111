"""What is judged: anything that maps the counts of a study to values for all its entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.estimates import Estimate, expressed
from cellfill.fitness import baselines as trivial
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Bundle
    from cellfill_training.fitting.options import FitOptions
    from cellfill_training.fitting.presets import Preset
    from cellfill_training.judging.judge import Judge

    Values = Mapping[Estimate, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method under its name.

    Attributes
    ----------
    name
        As tables and figures show it.
    predict
        Takes a study (counts CSR, cells x genes) and returns, for one or more of the estimates ``expected``,
        ``expressed`` and ``posterior``, dense float32 values in counts, cells x the study's genes; NaN throughout
        the column of a gene that it does not fill.
    share
        Share of the cells that it learns from, for the learning curve (Arisdakessian 2019, Fig. 6c).
    """

    name: str
    predict: Callable[[Study], Values]
    share: float = 1.0


def of_function(name: str, function: Callable[[csr_matrix], NDArray[np.floating]], *, gives: Estimate) -> Method:
    """Wrap a function of counts.

    Parameters
    ----------
    name
        Of the method.
    function
        Maps raw counts, CSR, to values in counts, dense, of the same shape.
    gives
        What the values estimate. From a mean, ``expected``, the estimate ``expressed`` follows by zero truncation,
        mu / (1 - exp(-mu)), see `cellfill.estimates`; from the others nothing follows.
    """

    def predict(study: Study) -> Values:
        values = np.asarray(function(study.counts), dtype=np.float32)
        if gives != "expected":
            return {gives: values}
        return {"expected": values, "expressed": expressed(values)}

    return Method(name, predict)


def of_bundle(bundle: Bundle | str | Path, *, calibrate: bool, name: str | None = None) -> Method:
    """Wrap a pre-trained model, in all estimates that it has.

    Parameters
    ----------
    bundle
        The model, or the path of its folder.
    calibrate
        Whether it is corrected on the cells that it is applied to.
    name
        Of the method [default: the model's, and whether it is calibrated].
    """
    from cellfill.bundle import read_bundle
    from cellfill_training.judging.judge import Judge

    judge = Judge(read_bundle(bundle) if isinstance(bundle, str | Path) else bundle)
    called = name or f"{judge.bundle.manifest.name}, {'calibrated' if calibrate else 'not calibrated'}"
    return Method(called, lambda study: _every_estimate(judge, study, calibrate=calibrate))


def of_preset(preset: Preset, *, options: FitOptions | None = None, calibrate: bool = False) -> Method:
    """Wrap a training preset: trained on the very cells that it fills, as DeepImpute is.

    Parameters
    ----------
    preset
        ``default`` or ``paper``.
    options
        Every choice [default: the preset's, with no cell left out for having few genes].
    calibrate
        Whether the model is corrected on the cells once more.
    """
    from cellfill_training.fitting.presets import options_for

    chosen = options or options_for(preset, min_genes=1)

    def predict(study: Study) -> Values:
        import tempfile

        from cellfill_training.judging.judge import Judge
        from cellfill_training.workflow.imputation.training import fit

        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / preset
            bundle = fit([study], out=out, preset=preset, options=chosen, on_step=lambda _text: None)
        return _every_estimate(Judge(bundle), study, calibrate=calibrate)

    called = f"preset {preset}, trained on these cells" + (", calibrated" if calibrate else "")
    return Method(called, predict, share=chosen.cells_fraction)


def baselines() -> tuple[Method, ...]:
    """Return the trivial methods that stand beside every figure.

    No imputation, whose values are the counts themselves, zeros and all, whichever the estimate; the gene's mean x
    library (``expected``, and its zero-truncated form); the non-zero mean + library slope (``expressed``).
    """
    return (
        Method(trivial.NONE, _counts_themselves),
        of_function(trivial.MEAN, trivial.gene_mean, gives="expected"),
        of_function(trivial.NONZERO, trivial.nonzero_mean, gives="expressed"),
    )


def filled_genes(values: Values) -> NDArray[np.bool_]:
    """Return for each gene whether it has values, in every estimate.

    A column counts as not filled if any of its entries is NaN or infinite.
    """
    filled = np.stack([np.isfinite(v).all(axis=0) for v in values.values()])
    return np.asarray(filled.all(axis=0))


def as_values(given: Method | Values, study: Study) -> Values:
    """Return what a method predicts for a study, checked, or the values themselves.

    Raises
    ------
    DataError
        When there are none, or not one an entry of the study.
    """
    from cellfill.errors import DataError

    values = given.predict(study) if isinstance(given, Method) else given
    if not values:
        raise DataError("The method gave no estimate: its predict must return at least one matrix.")
    for estimate, matrix in values.items():
        if matrix.shape != study.counts.shape:
            raise DataError(
                f"The method's {estimate} is {matrix.shape}, the counts are {study.counts.shape}: it must return a "
                "value for every cell and gene, in their order."
            )
    return values


def _counts_themselves(study: Study) -> Values:
    counts = study.counts.toarray().astype(np.float32)
    return {"expected": counts, "expressed": counts, "posterior": counts}


def _every_estimate(judge: Judge, study: Study, *, calibrate: bool) -> Values:
    """Run the model once; the other estimates follow from its mean in closed form."""
    from cellfill.tasks.imputation.fill import estimate_counts

    manifest, genes = judge.bundle.manifest, judge.bundle.genes
    meaning = manifest.graph.output_meaning
    mean, how = judge.predict(study, study.counts, estimate=meaning, calibrate=calibrate)
    columns = how.alignment.target_columns
    rows = how.alignment.gene_of_column[columns]
    dispersion = genes.column("inverse_dispersion")[rows].astype(np.float32)
    inside, observed = np.ascontiguousarray(mean[:, columns]), study.counts[:, columns]
    values = {}
    for estimate in manifest.estimates:
        whole = np.full(mean.shape, np.nan, dtype=np.float32)
        whole[:, columns] = estimate_counts(
            inside, observed, estimate=estimate, meaning=meaning, inverse_dispersion=dispersion
        )
        values[estimate] = whole
    return values
