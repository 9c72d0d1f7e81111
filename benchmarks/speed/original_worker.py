"""What benchmarks/speed/original.py runs in the original program's environment: DeepImpute 1.2.

Usage: python original_worker.py FIT.h5ad PREDICT.h5ad GENES.txt OUT.npy [--epochs N] [--repeats N] [--paper-rate]

Fits on the one file and predicts the other, only the genes listed; prints seconds and cells a second as JSON.
"""

import argparse
import json
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import anndata
import numpy as np
import pandas as pd
from deepimpute import multinet

from accuracy.workers.paper_rate import use_paper_rate


def read(path: str) -> pd.DataFrame:
    """Return cells x genes, dense, as the program wants it."""
    adata = anndata.read_h5ad(path)
    return pd.DataFrame(adata.X.toarray(), index=adata.obs_names, columns=adata.var_names)


def main() -> None:
    """Fit, predict, write, and say how long each took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs=4)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--paper-rate", action="store_true", help="mend the learning rate, which Keras 2.15 drops")
    arguments = parser.parse_args()
    if arguments.paper_rate:
        use_paper_rate(multinet)
    fit_on, predict_on, genes, out = arguments.files
    more = {} if arguments.epochs is None else {"max_epochs": arguments.epochs}
    with redirect_stdout(sys.stderr):
        started = time.perf_counter()
        network = multinet.MultiNet(verbose=0, **more)
        network.fit(read(fit_on), genes_to_impute=Path(genes).read_text().split())
        fitted = time.perf_counter() - started
        cells = read(predict_on)
        seconds, cpu = [], []
        for _ in range(arguments.repeats):
            started, used = time.perf_counter(), time.process_time()
            imputed = network.predict(cells)
            seconds.append(time.perf_counter() - started)
            cpu.append(time.process_time() - used)
        np.save(out, imputed.to_numpy(np.float32))
    print(json.dumps({"fit": fitted, "predict": min(seconds), "cpu": min(cpu), "epochs": network.trained_epochs}))


if __name__ == "__main__":
    main()
