"""The original program, DeepImpute 1.2, with every gene as a target.

Its own route to that is NN_lim = number of genes. Keras 2.15 drops the learning rate that the program passes and
trains at 1e-3; --paper-rate hands it over, and so trains at the paper's 1e-4.
"""

import os
import tempfile

import pandas as pd
from job import work
from paper_rate import use_paper_rate

# Its targets a sub-network; a panel no larger is split into this many groups, or it aborts.
GROUP, FEW_GENES_GROUPS = 512, 4


def impute(counts, watch, arguments):
    """Return the estimate `expressed`: its loss gives zeros no weight."""
    with watch.step("import"):
        from deepimpute import multinet
    if arguments.paper_rate:
        use_paper_rate(multinet)
    cells, genes = counts.shape
    names = [f"cell{i}" for i in range(cells)], [f"gene{i}" for i in range(genes)]
    frame = pd.DataFrame(counts.toarray(), index=names[0], columns=names[1])
    group = GROUP
    if genes <= GROUP:
        group = max(genes // FEW_GENES_GROUPS, 1)
        watch.remarks["note"] = f"groups of {group} targets: with its {GROUP} no gene is left to predict from"
    with tempfile.TemporaryDirectory() as folder:
        with watch.step("fit"):
            network = multinet.MultiNet(
                verbose=0,
                sub_outputdim=group,
                seed=1234 + arguments.seed,
                output_prefix=folder,
                ncores=int(os.environ.get("TF_NUM_INTRAOP_THREADS", "-1")),
            )
            network.fit(frame, NN_lim=genes)
        with watch.step("predict"):
            imputed = network.predict(frame, policy="none")
    watch.remarks["epochs"] = network.trained_epochs
    return {"expressed": imputed.to_numpy()}


if __name__ == "__main__":
    work(
        impute,
        packages=("deepimpute", "tensorflow-cpu", "keras"),
        options=lambda parser: parser.add_argument("--paper-rate", action="store_true"),
    )
