"""The trivial baselines of cellfill_training, each as a worker of its own."""

from job import work

from cellfill.fitness import baselines

# How to find them, and what they estimate.
BASELINES = {
    "none": ("expected", lambda counts: counts.toarray()),
    "gene-mean": ("expected", baselines.gene_mean),
    "non-zero-mean": ("expressed", baselines.nonzero_mean),
}


def impute(counts, watch, arguments):
    """Return the one estimate that the baseline gives."""
    estimate, baseline = BASELINES[arguments.baseline]
    with watch.step("fit"):
        values = baseline(counts)
    return {estimate: values}


if __name__ == "__main__":
    work(impute, packages=("cellfill-training", "numpy"), options=lambda p: p.add_argument("--baseline"))
