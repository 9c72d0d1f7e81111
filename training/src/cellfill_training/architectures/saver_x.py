"""The autoencoder of SAVER-X (Wang et al., Nature Methods 16:875, 2019); its posterior is the runtime's."""

from __future__ import annotations

from cellfill_training.architectures.dca import Dca
from cellfill_training.parts.maths import Maths, Value

_COUNTS = 1e4  # of a cell, as the network reads it


class SaverX(Dca):
    """Log counts of 10,000 a cell, not standardised; encoder, decoder and output as in DCA."""

    def inputs(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        """Return log1p(count x 10,000 / counts of the cell), cells x genes."""
        share = maths.div(counts, size_factors)
        return maths.log(maths.add(1.0, maths.mul(share, _COUNTS / float(self.facts.means.sum()))))
