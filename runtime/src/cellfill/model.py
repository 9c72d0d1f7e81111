"""A loaded model, and what it can do with a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.bundle import Manifest
from cellfill.console.watching import told
from cellfill.counts.matrix import widened
from cellfill.errors import DataError
from cellfill.fitness.heed import warn, warn_unfit
from cellfill.fitness.options import CheckOptions
from cellfill.genes.options import AlignOptions
from cellfill.network.graphs import Opened
from cellfill.options.taking import taking
from cellfill.progress import remark
from cellfill.readers.argument import opened_dataset
from cellfill.runs.on_anndata import add_to_anndata, layers_beside
from cellfill.tasks.annotation.options import AnnotateAnnDataOptions, AnnotateOptions
from cellfill.tasks.annotation.task import Annotate
from cellfill.tasks.embedding.options import EmbedAnnDataOptions, EmbedOptions
from cellfill.tasks.embedding.task import Embed
from cellfill.tasks.imputation.options import (
    ImputeAnnDataOptions,
    ImputeMatrixOptions,
    ImputeOptions,
    ImputeQuantilesOptions,
    check_probabilities,
)
from cellfill.tasks.imputation.task import Impute

if TYPE_CHECKING:
    from cellfill.bundle import GeneIndex
    from cellfill.bundle.origin import Origin
    from cellfill.fitness.fitness import Fitness
    from cellfill.genes.coverage import Coverage
    from cellfill.tasks.annotation.fitness import TypesFitness
    from cellfill.tasks.checks import Checks
    from cellfill.tasks.embedding.fitness import EmbeddingFitness


_QUANTILES = "cellfill_quantiles"  # no layer of that name is added


@dataclass(frozen=True, slots=True)
class Model:
    """A model, read and verified. Made by `load`."""

    opened: Opened

    def __repr__(self) -> str:
        """Return one line: a bundle holds megabytes."""
        from cellfill.bundle.naming import name_model

        about = ", ".join(filter(None, (self.manifest.species, self.manifest.tissue)))
        return f"<Model {name_model(self.manifest, self.origin)}: {', '.join(self.manifest.tasks)}; {about}>"

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

    @taking(AlignOptions)
    def align(self, data: Any, options: AlignOptions) -> Coverage:
        """Say what a dataset's genes are worth to the model; nothing is imputed, and no count is read.

        Parameters
        ----------
        data
            An AnnData, or the path or URL of a dataset in any format that `cellfill.impute_file` reads.
        **options
            See `AlignOptions`.

        Raises
        ------
        DataError
            When the data cannot be read, or there is no such column.
        UsageError
            When ``min_coverage`` is no share.
        """
        from cellfill.genes.coverage import measure_coverage

        with opened_dataset(data, "align") as dataset:
            return measure_coverage(
                self.manifest,
                self.genes,
                dataset.var,
                gene_column=options.gene_column,
                min_coverage=options.min_coverage,
                cells=lambda: dataset.cell_names().tolist(),
            )

    @taking(CheckOptions)
    @told("checking")
    def check(self, data: Any, options: CheckOptions) -> Fitness | TypesFitness | EmbeddingFitness | Checks:
        """Say whether the model is fit for a dataset, for one of its tasks, or by default for each of them.

        Imputing: some counts are hidden, imputed, compared. Naming cells: some are named, whole and with less of
        them known. Embedding: the cells are compared with those that trained the model.

        Parameters
        ----------
        data
            An AnnData, or the path or URL of a dataset in any format that `cellfill.impute_file` reads.
        **options
            See `CheckOptions`.

        Returns
        -------
        The verdict and what it rests on. Imputing, a `Fitness`: MSE and Pearson of hidden non-zero counts
        (estimate ``expressed``) and Poisson loss of hidden molecules (``expected``), of the model plain and
        calibrated, beside the trivial methods and beside what the cells teach without a model; the same gene by
        gene. Naming cells, a `TypesFitness`; embedding, an `EmbeddingFitness`; of several tasks, `Checks` of each.

        Raises
        ------
        DataError
            When the data cannot be read or hold no counts.
        TaskError
            When the model lacks the task that was asked for.
        UsageError
            When an option means nothing.
        """
        from cellfill.bundle.naming import name_model
        from cellfill.tasks.checks import check_tasks

        with opened_dataset(data, "check", orientation=options.orientation) as dataset:
            found = check_tasks(self.opened, dataset, options, name=name_model(self.manifest, self.origin))
        remark(f"the model {found.verdict}: {' '.join(found.reasons)}")
        return found

    def _repr_html_(self) -> str:
        from cellfill.bundle.naming import model_html

        return model_html(self.manifest, self.genes, self.origin)

    @taking(ImputeAnnDataOptions)
    @told("imputing")
    def impute(self, adata: Any, options: ImputeAnnDataOptions) -> Any:
        """Impute an AnnData; see `cellfill.impute`, of which this is the second half.

        Parameters
        ----------
        adata
            Cells x genes, in memory or backed.
        **options
            See `ImputeAnnDataOptions`.
        """
        task = Impute(model=self.opened, options=options.narrowed(ImputeOptions), key=options.key_added)
        return add_to_anndata(task, adata, options, copy=options.copy, call="impute")

    @taking(AnnotateAnnDataOptions)
    @told("naming cells")
    def annotate(self, adata: Any, options: AnnotateAnnDataOptions) -> Any:
        """Name the cells of an AnnData; see `cellfill.annotate`, of which this is the second half.

        Parameters
        ----------
        adata
            Cells x genes, in memory or backed.
        **options
            See `AnnotateAnnDataOptions`.
        """
        task = Annotate(model=self.opened, options=options.narrowed(AnnotateOptions), key=options.key_added)
        copied = add_to_anndata(task, adata, options, copy=options.copy, call="annotate")
        _warn((copied if options.copy else adata).uns[task.names.record])
        return copied

    @taking(EmbedAnnDataOptions)
    @told("placing cells")
    def embed(self, adata: Any, options: EmbedAnnDataOptions) -> Any:
        """Embed the cells of an AnnData; see `cellfill.embed`, of which this is the second half.

        Parameters
        ----------
        adata
            Cells x genes, in memory or backed.
        **options
            See `EmbedAnnDataOptions`.
        """
        task = Embed(model=self.opened, options=options.narrowed(EmbedOptions), key_added=options.key_added)
        copied = add_to_anndata(task, adata, options, copy=options.copy, call="embed")
        record = (copied if options.copy else adata).uns[task.names.record]
        _warn(record)
        if record["empty_cells"]:
            from cellfill.tasks.embedding.fitness import placeless_said

            warn(placeless_said(int(record["empty_cells"])))
        return copied

    @taking(ImputeQuantilesOptions)
    @told("imputing")
    def quantiles(
        self, adata: Any, probabilities: Sequence[float], options: ImputeQuantilesOptions
    ) -> dict[float, Any]:
        """Say how far a count may lie from what is predicted: quantiles of its distribution.

        The distribution is that of the count which an entry would have, told from the cell's other genes,
        measured as deep as the cell is: negative binomial about the mean (the estimate ``expected``), with
        dispersions fitted to these cells. An entry's own count is not looked at.

        Parameters
        ----------
        adata
            Cells x genes, in memory or backed; nothing is added to it.
        probabilities
            Above 0 and below 1, such as ``[0.05, 0.5, 0.95]``.
        **options
            See `ImputeQuantilesOptions`.

        Returns
        -------
        For each probability a matrix, cells x genes, in whole counts, float32, CSR where ``X`` is sparse: the least
        count that is reached with it. Genes that are not imputed have their observed counts.

        Raises
        ------
        EstimateError
            When the model has no dispersions.
        UsageError
            When a probability is none, or an option means nothing.
        CellfillError
            As `cellfill.impute`.
        """
        wanted = check_probabilities(probabilities)
        task = Impute(model=self.opened, options=options, key=_QUANTILES, probabilities=wanted)
        layers = layers_beside(task, adata, options, call="quantiles")
        return dict(zip(wanted, layers.values(), strict=True))

    @taking(ImputeMatrixOptions)
    def impute_matrix(self, counts: Any, gene_names: Sequence[str], options: ImputeMatrixOptions) -> Any:
        """Impute a bare matrix.

        Parameters
        ----------
        counts
            Cells x genes, raw counts: a numpy array, or a scipy sparse matrix or array.
        gene_names
            Symbols or Ensembl ids of its columns.
        **options
            See `ImputeMatrixOptions`.

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
            shape = getattr(counts, "shape", None)
            turned = shape is not None and len(shape) == 2 and shape[0] == len(gene_names)
            raise DataError(
                f"There are {len(gene_names)} gene names for a matrix of shape {shape}; give cells x genes, and "
                f"one name a column.{' Transpose it: counts.T, in R t(counts).' if turned else ''}"
            )
        if sparse.issparse(counts):
            counts = widened(counts).asformat("csr")  # AnnData takes no other form but CSC
        adata = anndata.AnnData(counts, var=pd.DataFrame(index=[str(name) for name in gene_names]))
        self.impute(adata, **options.keywords(ImputeMatrixOptions))
        return adata.layers["imputed"]


def _warn(record: Mapping[str, Any]) -> None:
    """Warn of a model that is not fit for the cells that it was used on, or could not be tried."""
    warn_unfit(record["check"]["verdict"], record["check"]["why"])
