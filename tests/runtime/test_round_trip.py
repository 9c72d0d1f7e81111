"""What is read comes out again: any AnnData, from any form that holds one into any other."""

import tempfile
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from cellfill.readers import dataset_of, open_dataset
from cellfill.readers.failures import silence
from cellfill.results.named import Layer, Results
from cellfill.writers import open_sink

pytestmark = pytest.mark.filterwarnings("ignore")

CELLS, GENES = 6, 5
WORDS = ["", "a", "b c", "µ", "基因", "nan", "None", "1", '"', "ab\ncd"]
# Names of columns and of parts: files have a meaning of their own for a slash and for a dot or _ at the start.
NAMES = st.text("aZ0 .:-()%µ基[]'\"", min_size=1, max_size=6).filter(lambda n: n[0] not in "._" and n.strip() == n)


def absent(values):
    return st.one_of(st.none(), values)


def columns(length):
    """One column of any kind that an AnnData can hold."""

    def of(values, make):
        return st.lists(values, min_size=length, max_size=length).map(make)

    words, whole = st.sampled_from(WORDS), st.integers(-(2**31), 2**31)
    return st.one_of(
        of(words, lambda v: np.array(v, dtype=object)),
        of(absent(st.sampled_from(WORDS[1:4])), lambda v: pd.Categorical(v, categories=WORDS[3:0:-1])),
        of(absent(st.sampled_from("xyz")), lambda v: pd.Categorical(v, categories=[*"zxy"], ordered=True)),
        of(absent(st.integers(1, 3)), lambda v: pd.Categorical(v, categories=[3, 1, 2])),
        of(absent(words), lambda v: pd.array(v, dtype="string")),
        of(absent(whole), lambda v: pd.array(v, dtype="Int64")),
        of(absent(st.booleans()), lambda v: pd.array(v, dtype="boolean")),
        of(st.floats(width=32), lambda v: np.array(v, dtype="float32")),
        of(st.floats(), np.array),
        of(whole, np.array),
        of(st.integers(0, 255), lambda v: np.array(v, dtype="uint8")),
        of(st.booleans(), np.array),
    )


def frames(names):
    held = st.dictionaries(NAMES, columns(len(names)), max_size=3)
    return held.map(lambda columns: pd.DataFrame(columns, index=pd.Index(names, dtype=object)))


def matrices(rows, width, kinds=("float32", "int64", "float64", "bool")):
    def make(dtype, seed, form):
        values = np.random.default_rng(seed).integers(0, 3, (rows, width)).astype(dtype)
        return form(values)

    forms = st.sampled_from([np.asarray, sparse.csr_matrix, sparse.csc_matrix])
    return st.builds(make, st.sampled_from(kinds), st.integers(0, 99), forms)


def of_axis(names):
    """What obsm and varm hold."""
    return st.dictionaries(NAMES, st.one_of(matrices(len(names), 2), frames(names)), max_size=2)


def uns():
    leaves = st.one_of(
        st.sampled_from(WORDS),
        st.integers(-9, 9),
        st.floats(),
        st.booleans(),
        columns(3).filter(lambda v: isinstance(v, np.ndarray | pd.Categorical)),
        st.just(sparse.csr_matrix(np.eye(2))),
        frames(["r", "s"]),
    )
    return st.dictionaries(
        NAMES,
        st.recursive(leaves, lambda inner: st.dictionaries(NAMES, inner, max_size=2), max_leaves=4),
        max_size=3,
    )


@st.composite
def datasets(draw):
    obs, var = [f"cell {i}" for i in range(CELLS)], [f"G{i}" for i in range(GENES)]
    adata = anndata.AnnData(
        X=draw(st.one_of(st.none(), matrices(CELLS, GENES))),
        obs=draw(frames(obs)),
        var=draw(frames(var)),
        obsm=draw(of_axis(obs)),
        varm=draw(of_axis(var)),
        obsp=draw(st.dictionaries(NAMES, matrices(CELLS, CELLS), max_size=1)),
        varp=draw(st.dictionaries(NAMES, matrices(GENES, GENES), max_size=1)),
        layers=draw(st.dictionaries(NAMES.filter(lambda n: n != "imputed"), matrices(CELLS, GENES), max_size=2)),
        uns=draw(uns()),
    )
    if draw(st.booleans()):
        more = [*var, "of raw"]
        raw = anndata.AnnData(draw(matrices(CELLS, len(more))), obs=pd.DataFrame(index=obs), var=draw(frames(more)))
        adata.raw = raw
        adata.raw.varm.update({"PCs": np.arange(2.0 * len(more)).reshape(-1, 2)} if draw(st.booleans()) else {})
    return adata


def written(dataset, output):
    """The result of imputing nothing."""
    sink = open_sink(output, dataset=dataset, layer=Layer(name="imputed"), overwrite=False)
    sink.add(sparse.csr_matrix((CELLS, GENES), dtype="float32"))
    sink.finish(Results(var={}, record_name="record of cellfill", record={}))
    dataset.close()
    assert sink.notes == ()
    return output


def read(path):
    return anndata.read_h5ad(path) if path.suffix == ".h5ad" else anndata.io.read_zarr(path)


def own(adata, path):
    """A file or store as anndata writes it; of memory nothing."""
    with anndata.settings.override(allow_write_nullable_strings=True):
        (adata.write_h5ad if path.suffix == ".h5ad" else adata.write_zarr)(path)
    return path


def check_values(found, wanted, where):
    """Compare two values of any kind, exactly; sparse forms may differ, values may not."""
    if sparse.issparse(wanted) or sparse.issparse(found):
        assert sparse.issparse(found) == sparse.issparse(wanted), where
        assert found.dtype == wanted.dtype, where
        np.testing.assert_array_equal(found.toarray(), wanted.toarray(), err_msg=where)
    elif isinstance(wanted, pd.DataFrame):
        assert list(found.columns) == list(wanted.columns), where
        assert list(map(str, found.index)) == list(map(str, wanted.index)), where
        for column in wanted:
            check_values(found[column].array, wanted[column].array, f"{where}[{column!r}]")
    elif isinstance(wanted, pd.Categorical):
        assert list(found.categories) == list(wanted.categories), where
        assert found.ordered == wanted.ordered, where
        assert list(found.codes) == list(wanted.codes), where
    elif isinstance(wanted, dict):
        assert set(found) == set(wanted), where
        for key in wanted:
            check_values(found[key], wanted[key], f"{where}[{key!r}]")
    elif isinstance(wanted, np.ndarray | pd.api.extensions.ExtensionArray):
        is_text = pd.api.types.is_string_dtype(wanted.dtype)
        assert is_text or found.dtype == wanted.dtype, where
        assert plain(found) == plain(wanted), where
    else:
        assert plain([found]) == plain([wanted]), where


def plain(values):
    """Values as plain lists that can be compared, what is absent as None."""
    flat = np.asarray(values, dtype=object).ravel().tolist()
    return [None if pd.isna(value) else value for value in flat]


def check_all(found, wanted):
    for part in ("obs", "var"):
        check_values(getattr(found, part), getattr(wanted, part), part)
    for part in ("obsm", "varm", "obsp", "varp", "layers", "uns"):
        ours = {
            k: v for k, v in dict(getattr(found, part)).items() if k not in ("imputed", "record of cellfill", None)
        }
        check_values(ours, {k: v for k, v in dict(getattr(wanted, part)).items() if k is not None}, part)
    assert (found.X is None) == (wanted.X is None)
    if wanted.X is not None:
        check_values(found.X, wanted.X, "X")
    assert (found.raw is None) == (wanted.raw is None)
    if wanted.raw is not None:
        check_values(found.raw.X, wanted.raw.X, "raw.X")
        check_values(found.raw.var, wanted.raw.var, "raw.var")
        check_values(dict(found.raw.varm), dict(wanted.raw.varm), "raw.varm")


FORMS = {"memory": dataset_of, "in.h5ad": open_dataset, "in.zarr": open_dataset}
USUAL = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True, "database": None}


def check_round_trip(adata, form, output):
    with tempfile.TemporaryDirectory() as folder, silence():
        source = FORMS[form](adata if form == "memory" else own(adata, Path(folder) / form))
        check_all(read(written(source, Path(folder) / output)), adata)


@pytest.mark.parametrize("form", ["memory", "in.h5ad"])
@settings(max_examples=15, **USUAL)
@given(adata=datasets())
def test_nothing_is_lost_between_memory_and_files(form, adata):
    check_round_trip(adata, form, "out.h5ad")


@pytest.mark.parametrize(
    ("form", "output"), [("memory", "out.zarr"), ("in.h5ad", "out.zarr"), ("in.zarr", "out.h5ad")]
)
@settings(max_examples=2, **USUAL)
@given(adata=datasets())
def test_nothing_is_lost_between_files_and_stores(form, output, adata):
    check_round_trip(adata, form, output)


def of_everything():
    """One of each kind at each place, drawn by nobody."""
    obs, var = [f"cell {i}" for i in range(CELLS)], [f"G{i}" for i in range(GENES)]
    kinds = {
        "text": ["", "a", "µ", "nan", "None", "1"],
        "of a kind": pd.Categorical(["b", None, "a", "b", "a", "b"], categories=["b", "c", "a"]),
        "in order": pd.Categorical(["b", None, "a", "b", "a", "b"], categories=["b", "a"], ordered=True),
        "text or none": pd.array(["", None, "a", "b", "c", "d"], dtype="string"),
        "whole or none": pd.array([1, None, 3, 4, 5, 6], dtype="Int64"),
        "true or none": pd.array([True, None, False, True, True, True], dtype="boolean"),
        "real": np.array([0.5, np.nan, np.inf, 1, 2, 3], dtype="float32"),
        "whole": np.arange(6) * 2**40,
        "true": np.arange(6) > 2,
        "0": np.arange(6, dtype="uint8"),
    }
    frame = pd.DataFrame(kinds, index=pd.Index(obs, name="barcode"))
    few = frame[["in order", "text or none"]]
    counts = sparse.csr_matrix(np.arange(CELLS * GENES).reshape(CELLS, GENES) % 3)
    adata = anndata.AnnData(
        X=counts,
        obs=frame,
        var=frame.iloc[:GENES].set_axis(pd.Index(var, name="gene")),
        obsm={"dense": np.ones((CELLS, 2)), "sparse": sparse.csr_matrix(np.eye(CELLS)), "frame": few},
        varm={"PCs": np.arange(2.0 * GENES).reshape(GENES, 2)},
        obsp={"distances": sparse.csr_matrix(np.eye(CELLS))},
        varp={"dense": np.eye(GENES)},
        layers={"dense": counts.toarray() * 2.5, "columns first": counts.tocsc()},
        uns={
            "nested": {"deeper": {"colours": np.array(["red", "µ"], dtype=object), "n": 3}},
            "frame": few,
            "none": {},
        },
    )
    more = [*var, "of raw"]
    raw = anndata.AnnData(counts[:, [*range(GENES), 0]], obs=frame[[]], var=few.set_axis(pd.Index(more)))
    adata.raw = raw
    adata.raw.varm["PCs"] = np.arange(2.0 * len(more)).reshape(-1, 2)
    return adata


@pytest.mark.parametrize("output", ["out.h5ad", "out.zarr"])
@pytest.mark.parametrize("form", FORMS)
def test_every_kind_in_every_place_comes_out_again(form, output):
    check_round_trip(of_everything(), form, output)
