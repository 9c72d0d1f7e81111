"""A loaded model, and the one call that imputes an AnnData with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.align import expression_columns, name_columns
from cellfill.annotate import annotate, check_key
from cellfill.bundle import Bundle, Manifest, read_bundle
from cellfill.counts import as_counts
from cellfill.coverage import Coverage, measure_coverage
from cellfill.errors import DataError, UsageError
from cellfill.imputation import OnBlock, Settings, choose_estimate, impute_counts
from cellfill.infer import BLOCK_SIZE
from cellfill.session import Network, open_network

if TYPE_CHECKING:
    from cellfill.bundle import GeneIndex
    from cellfill.estimates import Estimate
    from cellfill.fill import Policy


@dataclass(frozen=True, slots=True)
class Model:
    """A model, read, verified and opened. Made by `load`."""

    _bundle: Bundle
    _network: Network

    @property
    def manifest(self) -> Manifest:
        """What the model is: estimates, species, training data, figures."""
        return self._bundle.manifest

    @property
    def genes(self) -> GeneIndex:
        """The genes that the model reads and fills."""
        return self._bundle.genes

    @property
    def card(self) -> str:
        """The model card, Markdown."""
        return self._bundle.card

    def impute(
        self,
        adata: Any,
        *,
        estimate: Estimate | None = None,
        policy: Policy = "zeros",
        calibrate: bool = True,
        layer: str | None = None,
        key_added: str = "imputed",
        copy: bool = False,
        block_size: int = BLOCK_SIZE,
        on_block: OnBlock | None = None,
    ) -> Any:
        """Impute an AnnData; see `cellfill.impute`, of which this is the second half."""
        if not all(hasattr(adata, part) for part in ("X", "var", "var_names", "layers", "uns")):
            raise DataError(f"impute takes an AnnData, not a {type(adata).__name__}.")
        settings = Settings(
            estimate=choose_estimate(estimate, self.manifest.estimates),
            policy=policy,
            calibrate=calibrate,
            block_size=block_size,
        )
        matrix, source = _matrix(adata, layer)
        check_key(adata, key_added, layer=layer)
        counts = as_counts(matrix, where=source)
        result = impute_counts(
            self._bundle,
            self._network,
            counts,
            name_columns(adata.var_names, adata.var),
            settings,
            dense=isinstance(matrix, np.ndarray),
            expression=expression_columns(adata.var),
            on_block=on_block,
        )
        annotated = adata.copy() if copy else adata
        annotate(annotated, result, settings, self._bundle, key_added=key_added, source=source)
        return annotated if copy else None

    def align(self, data: Any, *, gene_column: str | None = None, min_coverage: float | None = None) -> Coverage:
        """Say what a dataset's genes are worth to the model; nothing is imputed, and no count is read.

        Parameters
        ----------
        data
            An AnnData, or a `cellfill.dataset.Dataset`.
        gene_column
            The column of ``var`` that names the genes; found by itself by default.
        min_coverage
            Least coverage that is accepted; the model's own by default.

        Raises
        ------
        DataError
            When there is no such column, or ``data`` has no ``var``.
        """
        if not hasattr(data, "var"):
            raise DataError(f"align takes an AnnData, not a {type(data).__name__}.")
        return measure_coverage(
            self.manifest, self.genes, data.var, gene_column=gene_column, min_coverage=min_coverage
        )


def load(model: str | Path) -> Model:
    """Load a model from a bundle's folder, verifying every file before it is opened.

    Parameters
    ----------
    model
        Path of the folder that holds ``manifest.json``, ``genes.tsv``, ``model.onnx`` and ``README.md``.

    Raises
    ------
    BundleNotFoundError
        When there is no bundle there.
    BundleError
        When it is damaged or malformed.
    MissingDependencyError
        When ONNX Runtime is not installed.
    """
    if not isinstance(model, str | Path):
        raise UsageError(f"model is {model!r}; it must be the path of a bundle's folder, or a loaded model.")
    bundle = read_bundle(model)
    return Model(bundle, open_network(bundle))


def impute(
    adata: Any,
    *,
    model: str | Path | Model,
    estimate: Estimate | None = None,
    policy: Policy = "zeros",
    calibrate: bool = True,
    layer: str | None = None,
    key_added: str = "imputed",
    copy: bool = False,
    block_size: int = BLOCK_SIZE,
    on_block: OnBlock | None = None,
) -> Any:
    """Impute the dropouts of an AnnData with a pre-trained model.

    Works in place, in the manner of scanpy: ``X`` and everything else stay as they are, and the result is
    added beside them.

    Parameters
    ----------
    adata
        Cells x genes, raw counts in ``X`` or in ``layer``. Genes are matched by ``var_names`` and by columns
        of ``var`` that hold Ensembl ids or symbols.
    model
        A loaded model, or the path of a bundle's folder.
    estimate
        ``expected``, ``expressed`` or ``posterior`` (see `cellfill.estimates`). By default ``expected``, or
        what the model has.
    policy
        ``zeros`` fills zeros only: observed counts stay exactly as they are. ``max`` takes the larger of
        observed and imputed, ``all`` replaces every entry of an imputed gene (the policies of the original
        program, Arisdakessian 2019).
    calibrate
        Correct the model's level of each gene on these cells.
    layer
        The layer that holds the raw counts; ``X`` by default.
    key_added
        Name of the layer that is added, and stem of the columns that are added to ``var``.
    copy
        Return an annotated copy and leave ``adata`` alone.
    block_size
        Cells a block; changes time and memory, not values.
    on_block
        Called with the number of cells done and of all cells after every block.

    Returns
    -------
    None, or the AnnData when ``copy`` is true. Added are

    ``layers[key_added]``
        Counts, float32, cells x genes, sparse (CSR) where the counts are sparse, else dense.
    ``var[key_added]``, ``var[key_added + "_reason"]``
        Whether the gene was imputed; if not, why.
    ``var[key_added + "_pearson"]``
        How well the model filled the gene in cells held out from its training; NaN where unknown.
    ``uns["cellfill"]``
        Provenance (``uns["cellfill_" + key_added]`` for another key): model, estimate, policy, versions.

    Raises
    ------
    UsageError
        When an option means nothing, or ``key_added`` would overwrite what cellfill did not write.
    CountsError
        When the matrix does not hold raw counts.
    GeneMatchError
        When dataset and model share too few genes.
    EstimateError
        When the model does not have the estimate.
    BundleError
        When the model is damaged or malformed.
    """
    loaded = model if isinstance(model, Model) else load(model)
    return loaded.impute(
        adata,
        estimate=estimate,
        policy=policy,
        calibrate=calibrate,
        layer=layer,
        key_added=key_added,
        copy=copy,
        block_size=block_size,
        on_block=on_block,
    )


def _matrix(adata: Any, layer: str | None) -> tuple[Any, str]:
    """Return the matrix that should hold counts, and what to call it."""
    if layer is None:
        return adata.X, "X"
    if layer not in adata.layers:
        have = ", ".join(adata.layers) or "none"
        raise DataError(f"The data have no layer {layer!r}; layers: {have}.")
    return adata.layers[layer], f"layers[{layer!r}]"
