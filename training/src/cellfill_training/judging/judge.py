"""A bundle, opened, that predicts every entry of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Bundle
from cellfill.calls.imputing_counts import impute_counts
from cellfill.estimates import Estimate
from cellfill.genes.align import align
from cellfill.genes.alignment import Alignment
from cellfill.network.session import Network, open_network
from cellfill.progress import phase
from cellfill.tasks.imputation.options import ImputeMatrixOptions
from cellfill.tasks.imputation.record import Imputation
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


class Judge:
    """A bundle, opened, that predicts every entry of a study's target genes."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.network: Network = open_network(bundle, device="cpu", threads=1)
        self._aligned: dict[tuple[tuple[str, ...], ...], Alignment] = {}

    def predict(
        self,
        study: Study,
        counts: csr_matrix,
        *,
        estimate: Estimate,
        calibrate: bool,
        keep_correlations: bool = False,
    ) -> tuple[NDArray[np.float32], Imputation]:
        """Return the estimate of every entry, cells x the study's genes, and how it came about."""
        options = ImputeMatrixOptions(
            estimate=estimate,
            policy="all",
            calibrate=calibrate,
            keep_correlations=keep_correlations,
            gate=False,
        )
        with phase(study.name, worth=1):
            return impute_counts(
                self.bundle, self.network, counts, study.gene_names, options, alignment=self.alignment(study)
            )

    def targets(self, study: Study) -> NDArray[np.intp]:
        """Return the study's columns that the model fills."""
        return self.alignment(study).target_columns

    def alignment(self, study: Study) -> Alignment:
        """Return which of the study's columns is which gene of the model, found once for the same names."""
        found = self._aligned.get(study.gene_names)
        if found is None:
            manifest = self.bundle.manifest
            found = self._aligned[study.gene_names] = align(
                self.bundle.genes, study.gene_names, species=manifest.species, min_coverage=manifest.min_coverage
            )
        return found
