"""What a graph is given: counts of the genes that it reads, and what stands for one that the dataset lacks."""

import csv

import numpy as np
import pytest
from scipy import sparse

from cellfill.network.cells import InputCells
from cellfill.network.devices import import_onnxruntime
from cellfill.network.predict import predict, predict_blocks
from conftest import MODEL


class Recorder:
    """A network that keeps what it is given, and says each cell's size factor."""

    def __init__(self):
        self.given = []

    def predict(self, counts, size_factors):
        self.given.append((counts.copy(), size_factors.copy()))
        return np.repeat(size_factors[:, None], 3, axis=1)


def some_cells(factors):
    """Cells of three input genes, of which the dataset lacks the second; its neutral count is 0.5."""
    inputs = np.array([[1, 0, 3], [2, 0, 0], [0, 0, 5], [4, 0, 1]], dtype=np.float32)[: len(factors)]
    return InputCells(
        inputs=sparse.csr_matrix(inputs),
        fill=np.array([0, 0.5, 0], dtype=np.float32),
        size_factors=np.array(factors, dtype=np.float32),
    )


def test_a_gene_that_is_lacking_is_given_its_neutral_count_at_the_cells_depth():
    network, cells = Recorder(), some_cells([0.25, 1, 4])
    predict(network, cells)
    ((given, factors),) = network.given
    np.testing.assert_array_equal(given, [[1, 0.125, 3], [2, 0.5, 0], [0, 2, 5]])
    np.testing.assert_array_equal(factors, [0.25, 1, 4])
    assert given.dtype == factors.dtype == np.float32


def test_a_cell_without_counts_is_no_division_by_zero_and_gets_zeros():
    network = Recorder()
    result = predict(network, some_cells([2, 0, 3]))
    assert (network.given[0][1] > 0).all()
    np.testing.assert_array_equal(result[:, 0], [2, 0, 3])
    assert not result[1].any()


@pytest.mark.parametrize("block_size", [1, 3, 4])
@pytest.mark.parametrize("workers", [1, 2])
def test_every_cell_is_predicted_once_in_its_place(block_size, workers):
    factors = [0.5, 1, 2, 3]
    done = list(predict_blocks(Recorder(), some_cells(factors), block_size=block_size, workers=workers))
    assert [rows.start for rows, _ in done] == list(range(0, 4, block_size))
    np.testing.assert_array_equal(np.concatenate([values[:, 0] for _, values in done]), factors)


def test_a_dataset_that_lacks_genes_is_given_to_the_graph_as_the_bundles_page_says(model, example):
    """By hand: the columns, the size factors and what is lacking, in cells of once to eight times the depth."""

    with (MODEL / "genes.tsv").open() as file:
        genes = list(csv.DictReader(file, delimiter="\t"))
    inputs = [row for row in genes if row["role"] in ("input", "both")]
    targets = [row["symbol"] for row in genes if row["role"] in ("target", "both")]
    lacking = {row["symbol"] for row in inputs[::3]}
    own = {row["symbol"] for row in genes} - lacking
    some = example[:24, [name in own for name in example.var_names]].copy()
    depth = np.repeat([1, 2, 8], 8)[:, None]
    some.X = sparse.csr_matrix((some.X.toarray() * depth).astype("float32"))
    counts = dict(zip(some.var_names, some.X.toarray().T, strict=True))

    total = sum(counts[row["symbol"]] for row in genes if row["symbol"] in counts)
    factors = total / sum(float(row["mean"]) for row in genes if row["symbol"] in counts)
    assert factors.max() > 4 * factors.min()
    given = np.stack(
        [counts.get(row["symbol"], factors * float(row["neutral"] or 0)) for row in inputs], axis=1
    ).astype(np.float32)
    session = import_onnxruntime().InferenceSession(MODEL / "model.onnx", providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    feeds = {"counts": given, "size_factors": factors.astype(np.float32)[:, None]}
    (wanted,) = session.run(None, {name: feeds[name] for name in names})

    result = model.impute(some, copy=True, calibrate=False, gate=False, policy="all", min_coverage=0)
    imputed = result.var_names[result.var["imputed"]]
    assert len(imputed) > 500
    layer = result.layers["imputed"]
    found = (layer.toarray() if sparse.issparse(layer) else layer)[:, result.var["imputed"].to_numpy()]
    place = {name: column for column, name in enumerate(targets)}
    np.testing.assert_allclose(found, wanted[:, [place[name] for name in imputed]], rtol=1e-4, atol=1e-6)


def test_all_sub_networks_are_the_graph_that_is_open_and_some_are_another(model):
    opened, count = model.opened, len(model.manifest.subnetworks)
    assert opened.network(range(count)) is opened.network() is opened.network(list(reversed(range(count))))
    some = opened.network([0])
    assert some is not opened.network()
    assert set(some.targets) < set(opened.network().targets)
