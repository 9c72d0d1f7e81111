"""Labels of several studies become one tree of types, and those that markers contradict are not trusted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import DataError, DataNotFoundError
from cellfill_training.studies.cell_classes import CellClass, ClassTree
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.labels import label_study, read_label_table
from cellfill_training.studies.markers import Markers, read_markers, trust_by_markers
from cellfill_training.studies.study import Study

HEADER = "label\ttype\tparent\tontology_id\n"
ROWS = (
    "\tT cell\t\tCL:0000084\n"
    "CD4 T\tCD4 T cell\tT cell\tCL:0000624\n"
    "T helper\tCD4 T cell\t\t\n"
    "CD8 T\tCD8 T cell\tT cell\tCL:0000625\n"
    "T\tT cell\t\t\n"
    "B\tB cell\t\tCL:0000236\n"
    "doublet\t\t\t\n"
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "labels.tsv"
    path.write_text(HEADER + ROWS)
    return read_label_table(path)


def study_of(counts, genes):
    counts = sparse.csr_matrix(np.array(counts, dtype=np.float32))
    return Study(name="made", counts=counts, gene_names=(tuple(genes),))


def test_a_table_of_excel_is_read_and_one_in_no_utf8_is_refused(table, tmp_path):
    path = tmp_path / "excel.tsv"
    path.write_text("\ufeff" + HEADER + ROWS, encoding="utf-8")
    assert read_label_table(path).types == table.types
    lines = [row.split("\t") for row in (HEADER + ROWS).splitlines()]
    quoted = "".join("\t".join(f'"{text}"' for text in line) + "\n" for line in lines)
    path.write_text(quoted)  # as R writes it
    assert read_label_table(path).types == table.types
    path.write_text(HEADER + ROWS.replace("CD8 T\t", '"CD8 T\t', 1))
    with pytest.raises(DataError, match="no tab-separated text"):
        read_label_table(path)  # a quote that swallows the rows behind it
    path.write_text(HEADER + ROWS, encoding="utf-16")
    for read in (read_label_table, read_markers):
        with pytest.raises(DataError, match="no tab-separated text in UTF-8"):
            read(path)


def test_labels_become_leaves_of_a_tree(table):
    assert table.tree.leaves == ("CD4 T cell", "CD8 T cell", "B cell")
    assert table.tree.path("CD8 T cell") == ("CD8 T cell", "T cell")
    labelled = label_study(study_of(np.ones((6, 1)), ["X"]), ["CD4 T", "T helper", "T", "", "doublet", "B"], table)
    assert labelled.leaves.tolist() == [0, 0, -1, -1, -1, 2]
    assert labelled.trusted.tolist() == [True, True, False, False, False, True]


def test_probabilities_are_summed_upwards_by_membership(table):
    up = np.array([[0.5, 0.3, 0.2]]) @ table.tree.members().T
    names = [c.name for c in table.tree.classes]
    assert dict(zip(names, up[0].round(6).tolist(), strict=True)) == {
        "T cell": 0.8,
        "CD4 T cell": 0.5,
        "CD8 T cell": 0.3,
        "B cell": 0.2,
    }


def test_a_tree_of_some_leaves_loses_what_has_none(table):
    assert [c.name for c in table.tree.only(["B cell"]).classes] == ["B cell"]


@pytest.mark.parametrize(
    ("classes", "why"),
    [
        ([CellClass(name="a", parent="b")], "no type of the table"),
        ([CellClass(name="a", parent="b"), CellClass(name="b", parent="a")], "kind of itself"),
        ([CellClass(name="a"), CellClass(name="a")], "there twice"),
        ([CellClass(name="")], "no name"),
        ([CellClass(name="a", ontology_id="T:1")], "written CL:0000084"),
    ],
)
def test_what_is_no_tree_is_refused(classes, why):
    with pytest.raises(DataError, match=why):
        ClassTree(tuple(classes))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("label\ttype\n", "no column 'parent'"),
        (HEADER + ROWS + "B\tB cell\t\t\n", "there twice"),
        (HEADER + ROWS + "Bs\tB cell\tT cell\t\n" + "Bz\tB cell\tCD4 T cell\t\n", "in one row and"),
    ],
)
def test_a_wrong_table_of_labels_is_refused(tmp_path, text, why):
    path = tmp_path / "labels.tsv"
    path.write_text(text)
    with pytest.raises(DataError, match=why):
        read_label_table(path)


def test_a_label_that_the_table_lacks_is_refused(table):
    with pytest.raises(DataError, match="The table of labels lacks 'mast', of made: add a row"):
        label_study(study_of([[1.0]], ["X"]), ["mast"], table)
    with pytest.raises(DataError, match="1 cells and 2 labels"):
        label_study(study_of([[1.0]], ["X"]), ["B", "B"], table)


def test_labels_that_markers_contradict_are_not_trusted(table, tmp_path):
    path = tmp_path / "markers.tsv"
    path.write_text("type\tneeds\tlacks\nCD4 T cell\t\tCD8A|CD8B\nCD8 T cell\tCD8A|CD8B\tCD4\n")
    counts = [[0, 0, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 0, 0]]
    labels = ["CD4 T", "CD4 T", "CD8 T", "CD8 T", "CD8 T", "B"]
    labelled = label_study(study_of(counts, ["CD8A", "CD4", "X"]), labels, table)
    found = trust_by_markers(labelled, table.tree, read_markers(path))
    assert found.trusted.tolist() == [True, False, False, True, False, True]
    assert found.leaves.tolist() == labelled.leaves.tolist()


def test_markers_are_found_by_id_and_not_asked_for_where_none_was_measured(table):
    markers = Markers(needs={"B cell": ("MS4A1",)}, lacks={})
    genes = GeneTable([[("ENSG00000156738", "MS4A1")]])
    named = label_study(study_of([[0], [2]], ["ENSG00000156738.9"]), ["B", "B"], table)
    assert trust_by_markers(named, table.tree, markers, genes).trusted.tolist() == [False, True]
    other = label_study(study_of([[0], [2]], ["CD3D"]), ["B", "B"], table)
    assert trust_by_markers(other, table.tree, markers, genes).trusted.tolist() == [True, True]


def test_markers_of_no_type_are_refused(table):
    labelled = label_study(study_of([[1]], ["X"]), ["B"], table)
    with pytest.raises(DataError, match="markers of 'mast', which is no leaf"):
        trust_by_markers(labelled, table.tree, Markers(needs={"mast": ("KIT",)}, lacks={}))


@pytest.mark.parametrize("read", [read_label_table, read_markers])
def test_a_table_that_is_not_there(read, tmp_path):
    with pytest.raises(DataNotFoundError, match="there is no such file"):
        read(tmp_path / "none.tsv")


@pytest.mark.parametrize(
    ("text", "why"),
    [("type\tneeds\n", "no column 'lacks'"), ("type\tneeds\tlacks\na\t\t\na\t\t\n", "a type twice")],
)
def test_a_wrong_table_of_markers_is_refused(tmp_path, text, why):
    path = tmp_path / "markers.tsv"
    path.write_text(text)
    with pytest.raises(DataError, match=why):
        read_markers(path)
