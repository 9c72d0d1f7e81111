"""Is a cell any of the model's types? How typical it is of the one that it is nearest to, among known cells.

The softmax's own confidence cannot say it: a cell of a type that training never saw is often surer than the cells
of the type that it is taken for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle.manifest import Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Typicality:
    """What is needed to say how typical cells are; made once a dataset.

    Attributes
    ----------
    log_shares
        Leaf types x input genes: log of the share of a cell's molecules, of the genes that the dataset measured; 0
        for the others, which no cell has. None where the model has no profiles.
    entropies
        Of these shares, one a leaf, in nats.
    unknown
        The model's thresholds.
    """

    log_shares: NDArray[np.float64] | None
    entropies: NDArray[np.float64] | None
    unknown: Unknown

    def ranks(
        self, counts: csr_matrix, leaves: NDArray[np.intp], energies: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        """Return the product of a cell's ranks among known cells, from 0 to 1.

        Two low ranks count more than one: at as many known cells kept, the product finds more foreign ones than the
        lesser of the two.

        Parameters
        ----------
        counts
            Cells x input genes, CSR; several entries of one gene are to be summed.
        leaves
            The most probable leaf type of each cell.
        energies
            One a cell: log of the sum of the exponentials of the classifier's logits; None where it gives none.
        """
        product = np.ones(len(leaves))
        for score in self.unknown.scores:
            values = self._profile(counts, leaves) if score.score == "profile" else _flat(energies)
            for leaf in np.unique(leaves):
                of = leaves == leaf
                rank = np.interp(values[of], score.row(int(leaf)), self.unknown.levels, left=0.0, right=1.0)
                product[of] *= rank
        return product.astype(np.float32)

    def _profile(self, counts: csr_matrix, leaves: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the mean log probability of a cell's molecules in its type's profile, plus the profile's entropy.

        Its mean over cells of the type does not depend on how deep they are.
        """
        totals = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
        assert self.log_shares is not None
        assert self.entropies is not None
        logs = (counts @ self.log_shares.T)[np.arange(len(leaves)), leaves]
        scores = logs / np.where(totals > 0, totals, 1.0) + self.entropies[leaves]
        return np.where(totals > 0, scores, -np.inf)  # without a molecule that is read nothing speaks for the type


def typicality(shares: NDArray[np.float32] | None, measured: NDArray[np.bool_], unknown: Unknown) -> Typicality:
    """Prepare the profiles of the types for the genes that a dataset measured.

    Parameters
    ----------
    shares
        Input genes x leaf types: share of a cell's molecules; None where the model has none.
    measured
        Which input genes the dataset has.
    unknown
        The model's thresholds.
    """
    if shares is None:
        return Typicality(log_shares=None, entropies=None, unknown=unknown)
    kept = np.where(measured[:, None], shares.astype(np.float64), 0.0)
    kept /= np.maximum(kept.sum(axis=0), np.finfo(np.float64).tiny)
    logs = np.log(np.where(kept > 0, kept, 1.0))
    return Typicality(log_shares=logs.T, entropies=-(kept * logs).sum(axis=0), unknown=unknown)


def _flat(energies: NDArray[np.float32] | None) -> NDArray[np.float32]:
    assert energies is not None
    return energies.reshape(-1)
