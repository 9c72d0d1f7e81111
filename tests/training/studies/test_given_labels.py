"""Labels of cells that were read from files: a column, a table beside, parts of a file; what is wrong with them."""

from __future__ import annotations

import pytest
from anndata import read_h5ad

from cellfill.errors import DataError, DataNotFoundError
from cellfill_training import read_study
from cellfill_training.studies.donors import read_labels, split_study
from cellfill_training.studies.given_labels import Given, label_studies
from cellfill_training.studies.labels import read_label_table
from conftest import EXAMPLE

COLUMN = "sorted_type"


@pytest.fixture(scope="module")
def study():
    return read_study(EXAMPLE)


@pytest.fixture(scope="module")
def names():
    return read_h5ad(EXAMPLE, backed="r").obs[COLUMN].astype(str).to_numpy()


def table_of(folder, rows):
    lines = ["\t".join(row) for row in [("label", "type", "parent", "ontology_id"), *rows]]
    (folder / "table.tsv").write_text("\n".join(lines) + "\n")
    return read_label_table(folder / "table.tsv")


def test_without_a_table_each_label_is_a_type(study, names):
    (found,), _, tree = label_studies([Given(study=study, column=COLUMN)], [])
    assert list(tree.leaves) == sorted(set(names))
    assert [tree.leaves[leaf] for leaf in found.leaves] == names.tolist()


def test_a_table_beside_a_study_names_its_cells_by_their_names(study, names, tmp_path):
    cells = read_h5ad(EXAMPLE, backed="r").obs_names
    beside = tmp_path / "labels.tsv"
    rows = [f"{cell}\t{name}" for cell, name in zip(cells, names, strict=True) if name != "CD56+ NK"]
    beside.write_text("cell\tcell_type\n" + "\n".join([*reversed(rows), "another\tnone"]) + "\n")
    (found,), _, tree = label_studies([Given(study=study, file=str(beside))], [])
    assert [tree.leaves[leaf] if leaf >= 0 else "CD56+ NK" for leaf in found.leaves] == names.tolist()


def test_a_part_of_a_file_has_the_labels_of_its_cells(study, names):
    parts = split_study(study, read_labels(EXAMPLE, COLUMN), COLUMN)
    given = [Given(study=part, column=COLUMN) for part in parts.values()]
    found, _, tree = label_studies(given, [])
    for name, part in zip(parts, found, strict=True):
        assert {tree.leaves[leaf] for leaf in part.leaves} == {name}
    assert sum(len(part.leaves) for part in found) == len(names)


def test_what_is_wrong_with_labels_is_one_line(study, names, tmp_path):
    rows = [(name, "cell", "", "") for name in sorted(set(names))]
    with pytest.raises(DataError, match=r"has no column 'type' in obs; it has .*sorted_type"):
        label_studies([Given(study=study, column="type")], [])
    with pytest.raises(DataError, match="The table of labels lacks"):
        label_studies([Given(study=study, column=COLUMN)], [], table=table_of(tmp_path, rows[1:]))
    with pytest.raises(DataError, match="is a kind of itself"):
        table_of(tmp_path, [("a", "A", "B", ""), ("b", "B", "A", "")])
    with pytest.raises(DataNotFoundError, match="No labels at"):
        label_studies([Given(study=study, file=str(tmp_path / "none.tsv"))], [])
    (tmp_path / "labels.tsv").write_text("cell\tcell_type\nanother\tB\n")
    with pytest.raises(DataError, match=r"No cell of .* has a label in .*labels\.tsv"):
        label_studies([Given(study=study, file=str(tmp_path / "labels.tsv"))], [])
    (tmp_path / "labels.tsv").write_text("cell\ttype\n")
    with pytest.raises(DataError, match="has no column 'cell_type'"):
        label_studies([Given(study=study, file=str(tmp_path / "labels.tsv"))], [])


def test_a_type_that_only_a_held_out_study_has_judges_nothing_and_is_said(study):
    first, second, third = list(split_study(study, read_labels(EXAMPLE, COLUMN), COLUMN).values())[:3]
    said = []
    given = [Given(study=part, column=COLUMN) for part in (first, second)]
    _, (held,), tree = label_studies(given, [Given(study=third, column=COLUMN)], say=said.append)
    assert len(tree.leaves) == 2
    assert (held.leaves == -1).all()
    assert len(said) == 1
    assert said[0].startswith("no training study has cells of")


def test_a_study_without_labels_teaches_no_type_where_another_has_some(study, tmp_path):
    none = read_h5ad(EXAMPLE)[:20].copy()
    none.obs[COLUMN] = ""
    none.write_h5ad(tmp_path / "none.h5ad")
    other, said = Given(study=read_study(tmp_path / "none.h5ad"), column=COLUMN), []
    found, _, _ = label_studies([Given(study=study, column=COLUMN), other], [], say=said.append)
    assert not found[1].trusted.any()
    assert said == ["no cell of none has a label: it teaches no type"]
    for training, held_out in (([other], []), ([Given(study=study, column=COLUMN)], [other])):
        with pytest.raises(DataError, match="No cell of none has a label in the column"):
            label_studies(training, held_out)
