"""Reports, each written once."""

from __future__ import annotations

from dataclasses import replace

import anndata
import pytest

from cellfill.model import Model
from cellfill.network.graphs import Opened
from cellfill.report import write_report
from conftest import EXAMPLE, MODEL
from runtime import bundles
from runtime.tasks.known import known_cells

# What a stranger's file may say: markup, the end of a style, mathematics, control and direction characters.
HOSTILE = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "</style></svg></table>\"'&<b>",
    "--><!--",
    "$\\frac{1}$ ${{ 7*7 }}",
    "\x00\x1b[31m\u202eevil\u2066",
    "url(https://attacker.example/x)",
    "l" * 500,
)


@pytest.fixture(scope="session")
def fitness(model):
    """What the report is of."""
    return model.check(EXAMPLE)


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    """The report of the shipped cells, with their sorted types."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(EXAMPLE, path, model=MODEL, labels="sorted_type", embedding="pca")
    return path


@pytest.fixture(scope="session")
def names_cells(tmp_path_factory):
    """A tiny model that names cells and places them, with cells that it knows."""
    return bundles.make(tmp_path_factory.mktemp("models") / "small", tasks=("annotate", "embed"))


@pytest.fixture(scope="session")
def typed(tmp_path_factory, names_cells):
    """The report of cells that a model names; their own labels are hostile."""
    folder, cells = tmp_path_factory.mktemp("typed"), known_cells()
    cells.obs["cell_type"] = [HOSTILE[place % 3] for place in range(cells.n_obs)]
    cells.write_h5ad(folder / "cells.h5ad")
    fitness = write_report(folder / "cells.h5ad", folder / "report.html", model=names_cells, embedding="pca")
    return folder / "report.html", fitness


@pytest.fixture(scope="session")
def hostile(tmp_path_factory, model):
    """The report of cells and a model whose every name is hostile; they are no less cells."""
    folder = tmp_path_factory.mktemp("hostile")
    cells = anndata.read_h5ad(EXAMPLE)
    cells.var["gene_symbols"] = (
        cells.var_names.to_numpy()
    )  # by which the genes are found; what is shown is the name
    cells.var_names = [f"{HOSTILE[place % len(HOSTILE)]}{place}" for place in range(cells.n_vars)]
    cells.obs["cell_type"] = [HOSTILE[place % len(HOSTILE)] for place in range(cells.n_obs)]
    bundle = model.opened.bundle
    studies = tuple(
        replace(study, name=name) for study, name in zip(bundle.manifest.studies, HOSTILE, strict=False)
    )
    manifest = replace(bundle.manifest, tissue=HOSTILE[0], species=HOSTILE[1], studies=studies)
    path = folder / "report.html"
    stranger = Model(Opened(replace(bundle, manifest=manifest), "cpu"))
    fitness = write_report(cells, path, model=stranger, embedding="pca", min_coverage=0)
    return path, fitness
