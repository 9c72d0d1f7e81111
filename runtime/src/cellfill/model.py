"""A loaded model, and what it can do with a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.bundle import Manifest
from cellfill.counts.find import Request
from cellfill.counts.matrix import widened
from cellfill.errors import DataError, UsageError
from cellfill.estimates import Estimate
from cellfill.fitness.heed import Require
from cellfill.network.blocks import BLOCK_SIZE, OnBlock
from cellfill.network.graphs import Opened
from cellfill.readers.argument import as_anndata, opened_dataset
from cellfill.readers.failures import silence
from cellfill.results.named import Dtype
from cellfill.runs.carry import Machine
from cellfill.runs.in_memory import add_results
from cellfill.tasks.imputation.fill import Policy
from cellfill.tasks.imputation.settings import Settings, check_coverage, choose_estimate
from cellfill.tasks.imputation.task import Impute

if TYPE_CHECKING:
    from cellfill.bundle import GeneIndex
    from cellfill.bundle.origin import Origin
    from cellfill.fitness.fitness import Fitness
    from cellfill.genes.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Model:
    """A model, read and verified. Made by `load`."""

    opened: Opened

    @property
    def manifest(self) -> Manifest:
        """What the model is: estimates, species, training data, figures."""
        return self.opened.bundle.manifest

    @property
    def genes(self) -> GeneIndex:
        """The genes that the model reads and fills."""
        return self.opened.bundle.genes

    @property
    def card(self) -> str:
        """The model card, Markdown."""
        return self.opened.bundle.card

    @property
    def origin(self) -> Origin | None:
        """Where it came from: the repository and commit, or the hash of a folder's manifest."""
        return self.opened.bundle.origin

    def align(self, data: Any, *, gene_column: str | None = None, min_coverage: float | None = None) -> Coverage:
        """Say what a dataset's genes are worth to the model; nothing is imputed, and no count is read.

        Parameters
        ----------
        data
            An AnnData, or the path of a dataset in any format that `cellfill.impute_file` reads.
        gene_column
            The column of ``var`` that names the genes; found by itself by default.
        min_coverage
            Least coverage that is accepted; the model's own by default.

        Raises
        ------
        DataError
            When the data cannot be read, or there is no such column.
        UsageError
            When ``min_coverage`` is no share.
        """
        from cellfill.genes.coverage import measure_coverage

        least = check_coverage(min_coverage)
        with opened_dataset(data, "align") as dataset:
            return measure_coverage(
                self.manifest,
                self.genes,
                dataset.var,
                gene_column=gene_column,
                min_coverage=least,
                cells=lambda: dataset.cell_names().tolist(),
            )

    def check(
        self,
        data: Any,
        *,
        layer: str | None = None,
        gene_column: str | None = None,
        min_coverage: float | None = None,
        calibrate: bool = True,
        threads: int | None = None,
        seed: int = 0,
    ) -> Fitness:
        """Say whether the model is fit for a dataset: hide some of its counts, impute them, compare.

        Parameters
        ----------
        data
            An AnnData, or the path of a dataset in any format that `cellfill.impute_file` reads.
        layer, gene_column, min_coverage, calibrate, threads
            See `cellfill.impute`.
        seed
            Of what is hidden.

        Returns
        -------
        The verdict and what it rests on: MSE and Pearson of hidden non-zero counts (estimate ``expressed``) and
        Poisson loss of hidden molecules (``expected``), of the model plain and calibrated, beside the trivial
        methods and beside what the cells teach without a model; the same gene by gene.

        Raises
        ------
        DataError
            When the data cannot be read or hold no counts.
        UsageError
            When an option means nothing.
        """
        from cellfill.bundle.naming import name_model
        from cellfill.fitness.check import check_dataset

        settings = self.settings(estimate=None, threads=threads, min_coverage=min_coverage, calibrate=calibrate)
        with opened_dataset(data, "check") as dataset:
            return check_dataset(
                self.opened,
                dataset,
                name=name_model(self.manifest, self.origin),
                layer=layer,
                gene_column=gene_column,
                min_coverage=settings.min_coverage,
                calibrate=settings.calibrate,
                threads=settings.threads,
                seed=seed,
            ).fitness

    def _repr_html_(self) -> str:
        from cellfill.bundle.naming import model_html

        return model_html(self.manifest, self.genes, self.origin)

    def impute(
        self,
        adata: Any,
        *,
        estimate: Estimate | None = None,
        policy: Policy = "zeros",
        calibrate: bool = True,
        gate: bool = True,
        require: Require | None = None,
        genes: Sequence[str] | None = None,
        layer: str | None = None,
        gene_column: str | None = None,
        key_added: str = "imputed",
        copy: bool = False,
        drop_below: float = 0.0,
        dtype: Dtype = "float32",
        min_coverage: float | None = None,
        block_size: int = BLOCK_SIZE,
        threads: int | None = None,
        on_block: OnBlock | None = None,
    ) -> Any:
        """Impute an AnnData; see `cellfill.impute`, of which this is the second half."""
        from cellfill.readers import dataset_of

        settings = self.settings(
            estimate=estimate,
            policy=policy,
            calibrate=calibrate,
            gate=gate,
            require=require,
            genes=genes,
            drop_below=drop_below,
            dtype=dtype,
            min_coverage=min_coverage,
            block_size=block_size,
            threads=threads,
        )
        task = Impute(model=self.opened, settings=settings, key=key_added)
        request = Request(layer=layer, gene_column=gene_column)
        backed = as_anndata(adata, "impute").isbacked
        if backed and adata.is_view and not copy:
            raise UsageError("Nothing can be added to a view of a backed AnnData: use copy=True.")
        if backed and copy:
            adata = adata.to_memory()
        dataset = dataset_of(adata)
        with silence():  # of names that occur twice; the alignment says it
            annotated = adata.copy() if copy and not backed else adata
        machine = Machine(block_size=settings.block_size, threads=settings.threads)
        add_results(task, annotated, dataset, request, machine, on_block=on_block)
        return annotated if copy else None

    def impute_matrix(self, counts: Any, gene_names: Sequence[str], **options: Any) -> Any:
        """Impute a bare matrix.

        Parameters
        ----------
        counts
            Cells x genes, raw counts: a numpy array, or a scipy sparse matrix or array.
        gene_names
            Symbols or Ensembl ids of its columns.
        **options
            Those of `impute`, but for ``key_added`` and ``copy``.

        Returns
        -------
        Cells x genes, counts, float32; CSR where ``counts`` are sparse. ``counts`` stay as they are.

        Raises
        ------
        DataError
            When the names are not as many as the columns.
        UsageError
            When an option means nothing.
        """
        import anndata
        import pandas as pd
        from scipy import sparse

        if getattr(counts, "ndim", 0) != 2 or counts.shape[1] != len(gene_names):
            raise DataError(
                f"There are {len(gene_names)} gene names for a matrix of shape {getattr(counts, 'shape', None)}; "
                "give cells x genes, and one name a column."
            )
        if options.keys() & {"key_added", "copy"}:
            raise UsageError("impute_matrix returns a matrix: key_added and copy have no meaning.")
        if sparse.issparse(counts):
            counts = widened(counts).asformat("csr")  # AnnData takes no other form but CSC
        adata = anndata.AnnData(counts, var=pd.DataFrame(index=[str(name) for name in gene_names]))
        self.impute(adata, **options)
        return adata.layers["imputed"]

    def settings(self, *, estimate: Estimate | None, threads: int | None, **options: Any) -> Settings:
        """Return checked settings; the estimate is the model's own where none is asked for."""
        genes = options.pop("genes", None)
        return Settings(
            estimate=choose_estimate(estimate, self.manifest.estimates),
            genes=genes if genes is None or isinstance(genes, str) else tuple(genes),  # type: ignore[arg-type]
            workers=threads,
            **options,
        )
