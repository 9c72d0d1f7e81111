"""scVI (Lopez 2018), defaults of scvi-tools with early stopping; ten samples of the latent space, latent depth."""

import logging
import warnings

import anndata
import scvi
from job import work


def impute(counts, watch, arguments):
    """Return the estimate `expected`."""
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    scvi.settings.seed = arguments.seed
    cells = anndata.AnnData(counts)
    scvi.model.SCVI.setup_anndata(cells)
    with watch.step("fit"):
        model = scvi.model.SCVI(cells)
        model.train(
            max_epochs=arguments.epochs,
            early_stopping=arguments.epochs is None,
            accelerator="cpu",
            enable_progress_bar=False,
            logger=None,
        )
    with watch.step("predict"):
        mean = model.get_normalized_expression(library_size="latent", n_samples=10, return_numpy=True)
    watch.remarks["epochs"] = int(model.trainer.current_epoch)
    return {"expected": mean}


def options(parser) -> None:
    """Add how long it trains."""
    parser.add_argument("--epochs", type=int, help="so many, with nothing that stops it [default: as it stops]")


if __name__ == "__main__":
    work(impute, packages=("scvi-tools", "torch", "lightning"), options=options)
