"""Graphs that are sound in form and give what no count can be: refused wherever they are run, nothing written."""

import numpy as np
import pytest

import cellfill
from cellfill.errors import BundleError
from conftest import EXAMPLE
from runtime.hostile import parts
from runtime.hostile.parts import constant, node


def infinite(graph):
    graph.constants["b2"] = constant("b2", np.array([[[0, 200]], [[0, 0]]], "f"))  # whose Exp has no float32


def beyond(graph):
    graph.constants["b2"] = constant("b2", np.array([[[0, 40]], [[0, 0]]], "f"))


def undefined(graph):
    graph.nodes[15] = node("Log", "cut", "exp")  # of numbers below 0, too


def below_nought(graph):
    graph.nodes[15] = node("Sub", "input_nil cut", "exp")
    graph.constants["input_nil"] = constant("input_nil", np.float32(0))


def divided_by_nought(graph):
    graph.nodes[15] = node("Div", "cut nil", "exp")
    graph.constants["nil"] = constant("nil", np.float32(0))


NUMBERS = {
    "infinite": infinite,
    "beyond all counts": beyond,
    "undefined": undefined,
    "below 0": below_nought,
    "divided by 0": divided_by_nought,
}
SAYS = r"values in a block of \d+ cells that are undefined, below 0 or beyond all counts"


def model_of(change, folder):
    graph = parts.graph()
    change(graph)
    return parts.write(folder, parts.seal(parts.sound() | {"model.onnx": graph.bytes()}))


@pytest.fixture(params=NUMBERS)
def model(request, tmp_path):
    return model_of(NUMBERS[request.param], tmp_path / "models" / "bad")


def in_memory(adata, model, place):
    cellfill.impute(adata, model=model)


def uncalibrated(adata, model, place):
    cellfill.impute(adata, model=model, calibrate=False, gate=False)


def gated_only(adata, model, place):
    cellfill.impute(adata, model=model, calibrate=False)


def dense(adata, model, place):
    adata.X = adata.X.toarray()
    cellfill.impute(adata, model=model, gate=False)


def posterior(adata, model, place):
    cellfill.impute(adata, model=model, estimate="posterior", policy="all", calibrate=False, gate=False)


def lazily(adata, model, place):
    array = pytest.importorskip("dask.array")
    adata.X = array.from_array(adata.X.toarray(), chunks=(100, -1))
    cellfill.impute(adata, model=model, calibrate=False, gate=False)
    adata.layers["imputed"].compute(scheduler="synchronous")


def to_file(ending, **options):
    def run(adata, model, place):
        cellfill.impute_file(EXAMPLE, place / f"out{ending}", model=model, **options)

    return run


def checked(adata, model, place):
    cellfill.load(model).check(adata)


def reported(adata, model, place):
    pytest.importorskip("matplotlib")
    from cellfill.report import write_report

    write_report(adata, place / "page.html", model=model, embedding="pca")


WAYS = {
    "in memory": in_memory,
    "neither calibrated nor gated": uncalibrated,
    "gated only": gated_only,
    "dense": dense,
    "posterior": posterior,
    "lazily": lazily,
    "h5ad": to_file(".h5ad"),
    "h5ad by blocks": to_file(".h5ad", calibrate=False, gate=False, block_size=64),
    "zarr": to_file(".zarr", calibrate=False, gate=False),
    "csv": to_file(".csv", calibrate=False, gate=False),
    "10x folder": to_file("", calibrate=False, gate=False),
    "resumed": to_file(".h5ad", calibrate=False, gate=False, resume=True),
    "check": checked,
    "report": reported,
}


@pytest.mark.parametrize("way", WAYS)
def test_numbers_that_are_no_counts_are_refused_and_nothing_is_written(way, model, example, tmp_path):
    place = tmp_path / "results"
    place.mkdir()
    with pytest.raises(BundleError, match=SAYS):
        WAYS[way](example, model, place)
    assert list(place.iterdir()) == []
    if way != "lazily":
        assert "imputed" not in example.layers
        assert "cellfill" not in example.uns


def test_recommend_sets_such_a_model_aside_with_the_reason(model, example, tmp_path):
    parts.write(model.parent / "good", parts.seal(parts.sound()))
    found = cellfill.recommend(example, hub=model.parent, offline=True)
    stages = {rank.model.rpartition("/")[2]: rank for rank in found.ranks}
    assert stages["good"].stage == "measured"
    assert stages["bad"].stage == "not read"
    assert "undefined, below 0 or beyond all counts" in " ".join(stages["bad"].reasons)


def test_evaluate_refuses_them(model):
    from cellfill.bundle import read_bundle
    from cellfill_training import read_study
    from cellfill_training.evaluation import Judge

    study = read_study(EXAMPLE)
    with pytest.raises(BundleError, match=SAYS):
        Judge(read_bundle(model)).predict(study, study.counts, estimate="expected", calibrate=False)


def test_a_posterior_of_genes_whose_dispersion_is_not_stated_is_refused(example, tmp_path):
    rows = parts.genes()
    for row in rows[1:]:
        row[rows[0].index("inverse_dispersion")] = ""
    model = parts.write(tmp_path / "model", parts.seal(parts.sound() | {"genes.tsv": parts.table(rows)}))
    with pytest.raises(BundleError, match="gives as posterior"):
        cellfill.impute(example, model=model, gate=False, estimate="posterior")
    assert "imputed" not in example.layers


def test_one_gene_far_off_changes_nothing_for_the_others(example, tmp_path):
    """The most that is let through of one gene, and the gate still says of the others what it said."""
    fates = []
    for off in (0.0, 25.0):
        graph = parts.graph()
        graph.constants["b2"] = constant("b2", np.array([[[off, 0]], [[0, 0]]], "f"))
        model = model_of(lambda g, graph=graph: g.constants.update(graph.constants), tmp_path / f"by{off}")
        adata = example.copy()
        cellfill.impute(adata, model=model)
        assert np.isfinite(adata.layers["imputed"].data).all()
        fates.append(adata.var["imputed"].to_numpy())
    changed = np.flatnonzero(fates[0] != fates[1])
    assert len(changed) <= 1
