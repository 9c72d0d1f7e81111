"""What cells teach a model: the cases that the runtime in the browser is tested with have Python's answers.

Run as a program (PYTHONPATH=tests), it writes them: predictions of a published model for some real cells and genes,
and what is fitted to them. Random numbers, and what is drawn with them, are in the cases of the check.
"""

import base64
import contextlib
import json
import types

import numpy as np
import pytest
from scipy import sparse

from cellfill.calibration.calibrate import calibrate
from cellfill.calibration.sample import draw_cells
from cellfill.network.cells import ModelCells
from conftest import ROOT

FILE = ROOT / "tests" / "data" / "cases" / "calibration.json"
CELLS, GENES, SHOWN = 90, 168, 4
CALIBRATIONS = {
    "found": {"meaning": "expected"},
    "level": {"meaning": "expected", "part": "level"},
    "contrast": {"meaning": "expected", "part": "contrast"},
    "scores": {"meaning": "expected", "part": "scores"},
    "some genes": {"meaning": "expected", "part": "scores", "refined": [3, 30, 31, 100]},
    "expressed": {"meaning": "expressed"},
    "few cells": {"meaning": "expected", "cells": 18},
}


def packed(array, dtype):
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode()


def unpacked(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype=dtype)


def numbers(array):
    """Numbers as a file holds them: seven digits, and none where there is none."""
    return [None if np.isnan(value) else float(f"{value:.8g}") for value in np.ravel(array)]


def model_cells(cases):
    """Cells and a freak and a droplet among them, as a model is given them."""
    counts = sparse.csr_matrix(
        (
            unpacked(cases["counts"]["values"], "<f4"),
            unpacked(cases["counts"]["indices"], "<i4"),
            np.array(cases["counts"]["indptr"]),
        ),
        shape=(len(cases["size_factors"]), cases["genes"]),
    )
    factors = np.array(cases["size_factors"], dtype=np.float32)
    nothing = sparse.csr_matrix((len(factors), 0), dtype=np.float32)
    return ModelCells(counts=counts, inputs=nothing, fill=np.zeros(0, np.float32), size_factors=factors)


def answer(cases, asked):
    """Fit a calibration, and correct some cells by it."""
    cells = model_cells(cases).take(slice(0, asked.get("cells", CELLS + 2)))
    targets = np.array(cases["targets"])
    predicted = unpacked(cases["predicted"], "<f4").reshape(-1, len(targets))[: len(cells.size_factors)]
    network = types.SimpleNamespace()  # never asked: what it says is known
    found = calibrate(
        network,
        cells,
        targets=targets,
        measured=np.array(cases["measured"], dtype=bool)[targets],
        meaning=asked["meaning"],
        part=asked.get("part"),
        refined=np.array(asked["refined"]) if "refined" in asked else None,
        predicted=predicted,
    )
    corrected = found.correct(
        predicted[:SHOWN], cells.counts[:SHOWN][:, targets[found.score_genes]], cells.size_factors[:SHOWN]
    )
    return {
        "part": found.part,
        "cells": found.cells,
        "scores": found.scores,
        "score_genes": found.score_genes.tolist(),
        "shallow_below": found.shallow_below,
        "factors": numbers(found.factors),
        "corrected": numbers(corrected),
    }


@pytest.fixture(scope="module")
def cases():
    return json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CALIBRATIONS)
def test_a_calibration_has_the_answer_of_the_case(cases, name):
    asked = cases["calibrations"][name]["asked"]
    expected = cases["calibrations"][name]["answer"]
    found = answer(cases, asked)
    for key, value in expected.items():
        if key in ("factors", "corrected", "shallow_below"):
            np.testing.assert_allclose(found[key], value, rtol=1e-5)
        else:
            assert found[key] == value


def test_cells_are_drawn_as_in_the_case(cases):
    assert draw_cells(model_cells(cases))[0].tolist() == cases["drawn"]


def main():
    import anndata

    import cellfill
    import cellfill.tasks.imputation.some_cells as some_cells
    from cellfill.network.predict import predict_blocks

    seen = {}

    def look(network, cells, *, targets, **_):
        seen.update(cells=cells, targets=targets)
        seen["predicted"] = np.concatenate([block for _, block in predict_blocks(network, cells)])
        raise StopIteration

    model = cellfill.load(str(ROOT / "model_cards" / "human-pbmc"))
    data = anndata.read_h5ad(ROOT / "examples" / "pbmc_sorted_300.h5ad")
    some_cells.begin_calibration = look
    with contextlib.suppress(StopIteration):
        model.impute(data[:: data.n_obs // CELLS][:CELLS].copy(), copy=True, threads=1)
    cells, targets, predicted = seen["cells"], seen["targets"], seen["predicted"]
    totals = np.asarray(cells.counts[:, targets].sum(axis=0)).ravel()
    most = np.argsort(-totals, kind="stable")
    outputs = np.sort(np.concatenate([most[:120], most[1000:5800:120], most[-8:]]))[:GENES]
    genes = targets[outputs]
    # Genes that are no targets lie in between, and one target that the dataset lacks.
    place = np.arange(len(genes)) * 2 + 1
    width = 2 * len(genes) + 1
    counts = np.zeros((CELLS + 2, width), dtype=np.float32)
    counts[:CELLS, place] = cells.counts[:, genes].toarray()
    counts[:CELLS, 0:40:2] = cells.counts[:, targets[most[200:220]]].toarray()
    counts[CELLS] = counts[0] * 40  # a freak
    counts[CELLS + 1, place[:3]] = 1  # a droplet
    counts[1, place[5]] = 900  # more of a gene than one cell may say
    counts[:, place[70]] = 0
    factors = np.append(cells.size_factors, np.float32([cells.size_factors[0] * 40, 0.01]))
    shown = np.vstack([predicted[:, outputs], predicted[0, outputs] * 40, predicted[1, outputs] * 0.01])
    measured = np.ones(width, dtype=int)
    measured[place[70]] = 0
    matrix = sparse.csr_matrix(counts)
    cases = {
        "genes": width,
        "targets": place.tolist(),
        "measured": measured.tolist(),
        "size_factors": [float(f"{factor:.9g}") for factor in factors],
        "counts": {
            "indptr": matrix.indptr.tolist(),
            "indices": packed(matrix.indices, "<i4"),
            "values": packed(matrix.data, "<f4"),
        },
        "predicted": packed(shown, "<f4"),
    }
    cases["drawn"] = draw_cells(model_cells(cases))[0].tolist()
    cases["calibrations"] = {
        name: {"asked": asked, "answer": answer(cases, asked)} for name, asked in CALIBRATIONS.items()
    }
    FILE.write_text(json.dumps(cases) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
