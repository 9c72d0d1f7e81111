"""What is judged by which protocol, and how each dataset is read: the one table that says it for all methods."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Protocol = Literal["masked", "molecules", "truth", "clusters", "simulation"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

LEAST_CELLS = 20  # that must have a gene


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a dataset is read, and what is known of its cells.

    Attributes
    ----------
    layer
        Where the counts are; None for X.
    min_genes
        Cells with fewer detected genes are left out.
    detection
        Share of the cells that must have a gene, and at least 20 cells.
    study
        Its name in the recipe of human-pbmc; None where there is no pre-trained model.
    truth
        Layer with the counts before a simulated loss, ``X`` for X; None where they are not known.
    labels
        Column of obs with the cells' types; None where they are not known.
    simulated
        Whether there is no file: cells are simulated anew for each seed.
    """

    layer: str | None = None
    min_genes: int = 200
    detection: float = 0.05
    study: str | None = None
    truth: str | None = None
    labels: str | None = None
    simulated: bool = False

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """The protocols that enough is known for."""
        if self.simulated:
            return ("simulation",)
        known: dict[Protocol, bool] = {"truth": self.truth is not None, "clusters": self.labels is not None}
        return ("masked", "molecules", *(protocol for protocol, there in known.items() if there))


SETTINGS: dict[str, Setting] = {
    "pbmc3k": Setting(study="pbmc3k"),
    "pbmc4k_soupx": Setting(study="pbmc4k"),
    "pbmc_donorA": Setting(study="pbmc_donorA"),
    "pbmc1k_5p": Setting(study="pbmc1k_5p"),
    "zheng_pbmc14k_3500": Setting(study="zheng_sorted", labels="cell_type"),
    "kang_pbmc": Setting(study="kang_pbmc"),
    "luad_patients": Setting(),
    "mix5cl_celseq2": Setting(detection=0.2, labels="cell_type"),
    "saver_zeisel": Setting(layer="downsampled", truth="X", labels="cell_type"),
    "saver_baron": Setting(layer="downsampled", truth="X"),
    "mouse_pancreas_e15": Setting(labels="cell_type"),
    "mouse1M_10k": Setting(min_genes=50),
    "mouse_e35_e45_4k": Setting(),
    "worm_l2": Setting(min_genes=50, detection=0.02),
    "splat": Setting(simulated=True),
}


def file_of(data: Path, dataset: str) -> Path:
    """Return a dataset's file, which is in the folder or in its h5ad folder."""
    return next((p for p in (data / f"{dataset}.h5ad", data / "h5ad" / f"{dataset}.h5ad") if p.is_file()), data)
