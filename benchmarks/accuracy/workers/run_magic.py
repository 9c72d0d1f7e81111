"""MAGIC (van Dijk 2018) with its defaults: library size normalised to the median, square root, and back."""

import magic
import numpy as np
from job import work


def impute(counts, watch, arguments):
    """Return the estimate `expected`."""
    library = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    scale = library / np.median(library)
    rooted = np.sqrt(counts.multiply(1 / scale[:, None]).toarray())
    operator = magic.MAGIC(verbose=0, random_state=arguments.seed)
    with watch.step("fit"):
        operator.fit(rooted)
    with watch.step("predict"):
        smooth = np.asarray(operator.transform(rooted, genes="all_genes"))
    return {"expected": smooth**2 * scale[:, None]}


if __name__ == "__main__":
    work(impute, packages=("magic-impute", "graphtools", "numpy"))
