"""What the numbers of a matrix are: the cases that the runtime in the browser is tested with have Python's answers.

Run as a program (PYTHONPATH=tests), it makes the cases and their answers anew.
"""

import json
import math

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellfill.counts.source import choose_counts
from cellfill.errors import DataError
from cellfill.readers import dataset_of
from conftest import ROOT

FILE = ROOT / "tests" / "data" / "cases" / "counts.json"
CASES = json.loads(FILE.read_text(encoding="utf-8"))["cases"] if FILE.exists() else []
GENES = [f"GENE{i}" for i in range(30)]
ODD = {"NaN": math.nan, "Infinity": math.inf}


def values(matrix):
    """The rows of a case as numbers of its type."""
    rows = [[ODD.get(value, value) for value in row] for row in matrix["rows"]]
    return np.array(rows, dtype=matrix["dtype"]).reshape(len(rows), len(matrix["genes"]))


def dataset(case):
    """The matrices of a case as an AnnData in memory."""
    held = {matrix["name"]: matrix for matrix in case["matrices"]}
    obs = pd.DataFrame(index=[f"cell{i}" for i in range(case["cells"])])
    x = values(held["X"]) if "X" in held else None
    adata = anndata.AnnData(X=None if x is None else csr(x), obs=obs, var=pd.DataFrame(index=case["genes"]))
    for name, matrix in held.items():
        if matrix["layer"] is not None:
            adata.layers[matrix["layer"]] = csr(values(matrix))
        elif name == "raw.X":
            adata.raw = anndata.AnnData(X=csr(values(matrix)), obs=obs, var=pd.DataFrame(index=matrix["genes"]))
    return dataset_of(adata)


def csr(x):
    return x if x.dtype == np.float16 else sparse.csr_matrix(x)


def answer(case):
    """What is chosen and why, and the counts; or the refusal, of choosing or of reading."""
    cells = dataset(case)
    try:
        source = choose_counts(cells, layer=case.get("asked"))
    except DataError as error:
        return {"refused": [type(error).__name__, str(error)]}
    found = {
        "matrix": source.matrix.name,
        "saw": source.saw,
        "columns": None if source.columns is None else source.columns.tolist(),
    }
    try:
        counts = source.counts(slice(0, case["cells"]))
    except DataError as error:
        return found | {"reading": [type(error).__name__, str(error)]}
    return found | {"counts": counts.toarray().astype(int if (counts.data % 1 == 0).all() else float).tolist()}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_python_has_the_answer_of_the_case(case):
    assert rounded(answer(case)) == case["answer"]


def rounded(found):
    if "counts" in found:
        found["counts"] = [[float(f"{v:.9g}") if v % 1 else int(v) for v in row] for row in found["counts"]]
    return found


def matrix(x, name="X", *, dtype="float32", genes=None):
    """A matrix of a case; numbers are written as shortly as float32 or the type allows."""
    stored = np.asarray(x).astype(dtype)
    layer = None if name in ("X", "raw.X") else name
    return {
        "name": name if layer is None else f"layers[{name!r}]",
        "layer": layer,
        "dtype": dtype,
        "genes": genes or GENES[: stored.shape[1]],
        "rows": [[number(value) for value in row] for row in stored],
    }


def number(value):
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else "Infinity"
    text = f"{value:.9g}" if value.dtype != np.float64 else repr(float(value))
    return int(float(text)) if float(text) % 1 == 0 else float(text)


def case(name, *matrices, asked=None, genes=None):
    first = matrices[0]
    made = {"name": name, "cells": len(first["rows"]), "genes": genes or first["genes"], "matrices": list(matrices)}
    if asked is not None:
        made["asked"] = asked
    return made | {"answer": rounded(answer(made))}


def make_cases():
    """Yield every case, with its answer."""
    rng = np.random.default_rng(7)
    depth = rng.uniform(0.5, 3, (10, 1))
    counts = rng.poisson(rng.gamma(0.6, 4, 30) * depth).astype(float)
    counts[:, 0] = 1 + rng.poisson(1, 10)
    sums = counts.sum(1, keepdims=True)
    normal = counts / sums * 1e4
    factors = counts / (sums / sums.mean())
    log = np.log1p(normal)
    noise = np.where(counts > 0, rng.uniform(0.1, 6, counts.shape), 0)
    near = np.where(counts > 0, np.maximum(counts - rng.uniform(0, 0.08, counts.shape), 0.01), 0)
    negative, missing, endless, high = counts - 0.5, counts.copy(), counts.copy(), counts.copy()
    missing[2, 3], endless[1, 1], high[3, 3] = math.nan, math.inf, 3e7
    ones = (counts > 0).astype(float)
    few = np.zeros((6, 5))
    few[0, 1] = few[3, 2] = 1
    yield case("counts", matrix(counts))
    yield case("counts, float64", matrix(counts, dtype="float64"))
    yield case("counts, int32", matrix(counts, dtype="int32"))
    yield case("counts, int8", matrix(counts, dtype="int8"))
    yield case("log1p of counts per 10,000", matrix(log))
    yield case("log1p, float64", matrix(log, dtype="float64"))
    yield case("log1p, base 2", matrix(np.log2(1 + normal)))
    yield case("log1p, base 10", matrix(np.log10(1 + normal)))
    yield case("log1p of plain counts", matrix(np.log1p(counts)))
    yield case("log1p by size factor", matrix(np.log1p(factors)))
    yield case("log1p, genes dropped", matrix(log[:, :22]))
    yield case("log1p, four decimals", matrix(log.round(4)))
    yield case("log1p, two decimals", matrix(log.round(2)))
    yield case("log1p, half precision", matrix(log, dtype="float16"))
    yield case("counts per 10,000", matrix(normal))
    yield case("counts by size factor", matrix(factors))
    yield case("counts halved", matrix(counts / 2 * 0.37))
    yield case("even counts come back halved", matrix(np.log1p(2 * counts / (2 * sums) * 1e4)))
    yield case("one cell of them empty", matrix(np.vstack([log, np.zeros((1, 30))])))
    yield case("fractions", matrix(noise))
    yield case("fractions, high", matrix(noise * 30))
    yield case("shares that sum to a million", matrix(noise / noise.sum(1, keepdims=True) * 1e6))
    yield case("log1p of such shares", matrix(np.log1p(noise / noise.sum(1, keepdims=True) * 1e6)))
    yield case("square roots", matrix(np.sqrt(counts)))
    yield case("decontaminated", matrix(near))
    yield case("negative", matrix(negative))
    yield case("NaN", matrix(missing))
    yield case("infinite", matrix(endless))
    yield case("more than a cell has", matrix(high))
    yield case("binary", matrix(np.tile(ones, (6, 1))))
    yield case("few ones are counts", matrix(few))
    yield case("zeros", matrix(np.zeros((3, 4))))
    yield case("no genes", matrix(np.zeros((3, 0))))
    yield case("truth values", matrix(ones, dtype="bool"))
    yield case("a layer of counts", matrix(log), matrix(noise, "scaled"), matrix(counts, "counts"))
    yield case("a usual name first", matrix(noise), matrix(counts + 1, "alpha"), matrix(counts, "UMIs"))
    yield case("parts of counts are not taken", matrix(noise), matrix(counts, "spliced"))
    yield case("unless they are asked for", matrix(noise), matrix(counts, "spliced"), asked="spliced")
    yield case("bounds are no counts", matrix(noise), matrix(log, "imputed"), matrix(counts, "imputed_lower"))
    yield case("a layer of fractions, asked for", matrix(counts), matrix(noise, "scaled"), asked="scaled")
    yield case("a layer that is not there", matrix(counts), matrix(counts, "it's"), asked="counts")
    yield case("X, asked for", matrix(log), matrix(counts, "counts"), asked="X")
    yield case("raw of the same genes", matrix(negative), matrix(counts, "raw.X"))
    yield case("raw, asked for", matrix(counts), matrix(counts + 1, "raw.X"), asked="raw")
    some = [GENES[i] for i in (7, 3, 20)]
    part = matrix(negative[:, [7, 3, 20]], genes=some)
    yield case("raw of more genes", part, matrix(counts, "raw.X"))
    yield case("raw of more genes, logarithms", part, matrix(log, "raw.X"))
    yield case("logarithms before raw's", matrix(log), matrix(log, "raw.X"))
    yield case("raw's logarithms of more genes", matrix(log[:, [7, 3, 20]], genes=some), matrix(log, "raw.X"))
    lacking = matrix(counts[:, :29], "raw.X")
    yield case("raw that lacks a gene", matrix(negative), lacking)
    yield case("raw that lacks a gene, asked for", matrix(negative), lacking, asked="raw.X")
    yield case("X is absent", matrix(counts, "umi"))
    yield case("X is absent, and nothing holds counts", matrix(noise, "scaled"))
    many = np.tile(counts[:, :2], (215, 1))[:2150]
    many[103, 1] = 2.5
    yield case("a fraction in a cell that was not looked at", matrix(many))
    logs = np.log1p(np.tile(rng.integers(1, 60, (43, 8)), (50, 1)) * 1.0)
    logs[103, 1] = 0.123
    yield case("a cell that was not looked at is no logarithm", matrix(logs[:, :2]))
    tenths, more, fewer = (
        (0.87 * counts).round(1),
        np.where(counts > 0, counts + 0.3, 0),
        np.maximum(counts - 0.5, 0),
    )
    halves = np.where(counts % 3 == 2, counts - 0.5, counts)
    yield case("counts times 0.1", matrix(0.1 * counts, dtype="float64"))
    yield case("log1p of counts times 0.01", matrix(np.log1p(0.01 * counts)))
    yield case("corrected, one decimal", matrix(tenths))
    yield case("corrected, one decimal, float64", matrix(tenths, dtype="float64"))
    yield case("corrected, one decimal, log1p", matrix(np.log1p(tenths)))
    yield case("corrected, one decimal, normalised", matrix(tenths / tenths.sum(1, keepdims=True) * 1e4))
    yield case("0.3 more than counts", matrix(more))
    yield case("0.3 more than counts, log1p, base 2", matrix(np.log2(1 + more)))
    yield case("0.5 less than counts", matrix(fewer))
    yield case("0.5 less than counts, normalised", matrix(fewer / fewer.sum(1, keepdims=True) * 1e4))
    yield case("some halves", matrix(halves))
    yield case("counts per 10,000, one decimal", matrix(normal.round(1)))
    yield case("log1p, one decimal", matrix(log.round(1)))
    yield case("the first cells are empty", matrix(np.vstack([np.zeros((25, 30)), log])))


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(made, separators=(",", ":")) for made in make_cases())
    FILE.write_text(f'{{"cases":[\n{lines}\n]}}\n', encoding="utf-8")
