"""The genes of a file, as pandas and anndata read them, and elements of a file, as anndata writes them."""

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from anndata.io import read_elem, write_elem

from cellfill.genes.table import gene_table
from cellfill.readers import stored_genes as module
from cellfill.readers.stored_genes import stored_genes, stored_texts
from cellfill.writers.elements import write_element

NAMES = ["CD3D", "CD8A", "基因α", "x"]
COLUMNS = {
    "text": ["a", "b", "c", ""],
    "of few kinds": pd.Categorical(["u", None, "v", "u"], categories=["v", "u", "w"]),
    "of numbers": pd.Categorical([3, 1, 3, None]),
    "whole": np.array([1, 2, 3, 4], dtype="int32"),
    "real": np.array([1.5, np.nan, 0, 1], dtype="float32"),
    "true": np.array([True, False, True, True]),
    "whole or absent": pd.array([1, None, 3, 4], dtype="Int64"),
    "true or absent": pd.array([True, None, False, True], dtype="boolean"),
}


def stored(folder, frame):
    with h5py.File(folder / "in.h5", "w") as file:
        write_elem(file, "var", frame)
    return h5py.File(folder / "in.h5", "r")["var"]


def parts(table):
    return table.index, table.index_name, [(c.label, c.is_text, c.texts()) for c in table.columns]


@pytest.mark.parametrize("name", [None, "gene"])
@pytest.mark.parametrize("labels", [[label] for label in COLUMNS] + [[], list(COLUMNS)])
def test_a_stored_table_is_what_pandas_has(tmp_path, labels, name):
    frame = pd.DataFrame({label: COLUMNS[label] for label in labels}, index=pd.Index(NAMES, name=name))
    table = stored_genes(stored(tmp_path, frame))
    assert parts(table) == parts(gene_table(frame))
    assert len(table) == len(NAMES)
    pd.testing.assert_frame_equal(table.frame(), frame)


@pytest.mark.parametrize("index", [pd.RangeIndex(4), pd.CategoricalIndex(NAMES), pd.Index([0.5, 1.0, 2.0, 3.0])])
def test_names_of_any_kind_are_text(tmp_path, index):
    frame = pd.DataFrame({"text": COLUMNS["text"]}, index=index)
    group = stored(tmp_path, frame)
    assert list(stored_genes(group).index) == [str(name) for name in index]
    assert stored_texts(group["_index"]) == [str(name) for name in index]


def test_what_is_usual_is_read_without_anndata(tmp_path, monkeypatch):
    frame = pd.DataFrame({label: COLUMNS[label] for label in list(COLUMNS)[:6]}, index=NAMES)
    group = stored(tmp_path, frame)
    monkeypatch.setattr(module, "_read", lambda _frame: pytest.fail("anndata was asked"))
    assert stored_genes(group).labels == list(frame)


@pytest.mark.parametrize("damage", ["code", "length", "column"])
def test_damaged_columns_are_refused(tmp_path, damage):
    stored(tmp_path, pd.DataFrame({"kind": COLUMNS["of few kinds"], "n": [1, 2, 3, 4]}, index=NAMES)).file.close()
    with h5py.File(tmp_path / "in.h5", "r+") as file:
        if damage == "code":
            file["var/kind/codes"][2] = 3
        elif damage == "length":
            attributes = dict(file["var/n"].attrs)
            del file["var/n"]
            file["var/n"] = np.arange(3)
            file["var/n"].attrs.update(attributes)
        else:
            del file["var/n"]
        with pytest.raises((ValueError, KeyError)):
            stored_genes(file["var"])


ELEMENTS = {
    "text": "µ and more",
    "no text": "",
    "whole": 3,
    "real": 0.5,
    "true": True,
    "numpy's": np.float32(0.25),
    "nothing in it": {},
    "nested": {"a": {"b": 1, "c": "d"}, "e": False},
    "truths": np.array([True, False]),
    "reals": np.array([1.5, np.nan]),
    "categories": ["b", "a", "b", "C"],
    "many categories": [f"kind {i}" for i in range(300)],
}


def tree(group):
    found = {}

    def visit(name, element):
        values = np.asarray(element[()]).tolist() if isinstance(element, h5py.Dataset) else None
        kind = str(element.dtype) if isinstance(element, h5py.Dataset) else "group"
        found[name] = (kind, repr(values), {k: str(v) for k, v in element.attrs.items()})

    group.visititems(visit)
    return found


@pytest.mark.parametrize("name", ELEMENTS)
def test_an_element_is_stored_as_anndata_stores_it(tmp_path, name):
    value = ELEMENTS[name]
    with h5py.File(tmp_path / "out.h5", "w") as file:
        write_element(file.create_group("ours"), "x", value)
        write_elem(file.create_group("theirs"), "x", pd.Categorical(value) if isinstance(value, list) else value)
        assert tree(file["ours"]) == tree(file["theirs"])
        again = read_elem(file["ours/x"])
    assert list(again) == value if isinstance(value, list) else repr(again) == repr(value) or again == value


def test_what_has_no_encoding_is_refused(tmp_path):
    with h5py.File(tmp_path / "out.h5", "w") as file, pytest.raises(TypeError, match="no encoding"):
        write_element(file, "x", object())


def test_a_table_of_an_anndata_keeps_labels_that_occur_twice(example):
    var = pd.DataFrame(np.zeros((example.n_vars, 2)), index=example.var_names, columns=["n", "n"])
    assert gene_table(anndata.AnnData(var=var).var).labels == ["n", "n"]
