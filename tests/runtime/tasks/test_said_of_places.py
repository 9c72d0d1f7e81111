"""What the program says after placing cells: the size of the result, and how to go on with it in scanpy."""

from dataclasses import replace

import anndata
import numpy as np
import pytest

import cellfill
from cellfill.cli.summary_of_types import summary_of_places
from runtime import bundles
from runtime.tasks.known import known_cells


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("placed")
    model = bundles.make(folder / "small", tasks=("annotate", "embed"))
    known_cells().write_h5ad(folder / "cells.h5ad")
    return cellfill.embed_file(folder / "cells.h5ad", folder / "placed.h5ad", model=model, overwrite=True)


def fits(report, verdict, **record):
    return replace(report, record=report.record | {"check": {"verdict": verdict, "why": "Because."}} | record)


def test_the_lines_read_the_result_and_leave_out_cells_without_a_place(report):
    text = summary_of_places(fits(report, "fits"))
    assert f"placed.h5ad ({report.bytes / 1e3:,.1f} kB)" in text
    code = text.partition("Go on in scanpy (pip install scanpy):\n")[2].splitlines()
    assert f"use_rep={report.record['key']!r}" in code[3]
    lines = "\n".join(line.strip() for line in code[1:3]).replace("sc.read_h5ad", "anndata.read_h5ad")
    names = {"anndata": anndata}
    exec(lines, names)
    placed = names["adata"].obsm[report.record["key"]]
    assert report.record["empty_cells"] > 0
    assert len(placed) == report.record["cells"] - report.record["empty_cells"]
    assert np.isfinite(placed).all()


@pytest.mark.parametrize(("dimensions", "drawn"), [(2, "sc.pl.embedding(adata, "), (8, "sc.tl.umap(adata)")])
def test_two_dimensions_are_drawn_as_they_are(report, dimensions, drawn):
    text = summary_of_places(fits(report, "fits", dimensions=["d"] * dimensions))
    assert drawn in text
    assert ("umap" in text) is (dimensions > 3)


def test_where_the_model_does_not_fit_or_the_result_is_a_table_nothing_is_suggested(report):
    table = replace(fits(report, "fits"), output=report.output.with_suffix(".csv"))
    for said in (summary_of_places(fits(report, "does not fit")), summary_of_places(table)):
        assert "Go on" not in said
