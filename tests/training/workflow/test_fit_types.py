"""From labelled studies to a bundle that names and places cells: sound, and judged beside what learnt the same."""

from __future__ import annotations

import dataclasses

import anndata
import numpy as np
import pandas as pd
import pytest

import cellfill
from cellfill.bundle import read_bundle
from cellfill.bundle.card import TYPES, UNKNOWN, parts_of
from cellfill.bundle.card_check import card_faults
from cellfill.errors import DataError, UsageError
from cellfill.hub.publish import missing_of
from cellfill.network.golden import replay
from cellfill_training.architectures.classifier.classifier import Classifier, train_classifier
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.cards.card import rewrite_card
from cellfill_training.cards.words import AboutWords, StudyWords, Words
from cellfill_training.studies.cell_classes import CellClass, ClassTree
from cellfill_training.studies.labels import Labelled
from cellfill_training.workflow.annotation import training
from cellfill_training.workflow.annotation.training import fit_types
from training.architectures.classifier.made import QUICK, TREE, made_studies, made_study

OPTIONS = dataclasses.replace(QUICK, epochs=8, pretraining_epochs=1)


@pytest.fixture(scope="module")
def trained() -> dict[str, Classifier]:
    return {}


@pytest.fixture(scope="module")
def once(trained):
    """Train once, whichever task is asked for: `fit_types` trains the same network for both."""
    networks = {}

    def kept(*arguments, on_left_out, **keywords):
        if not trained:
            trained["one"] = train_classifier(*arguments, on_left_out=networks.__setitem__, **keywords)
        for name, network in networks.items():
            on_left_out(name, network)
        return trained["one"]

    patch = pytest.MonkeyPatch()
    patch.setattr(training, "train_classifier", kept)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def made(once, tmp_path_factory):
    """The folders of a model that names and places, and of one that places, of the same cells."""
    folder = tmp_path_factory.mktemp("types")
    held_out = [made_study("new", seed=9)]
    for task in ("annotate", "embed"):
        fit_types(made_studies(2), TREE, out=folder / task, task=task, options=OPTIONS, held_out=held_out)
    return folder


@pytest.fixture(scope="module")
def bundle(made):
    return read_bundle(made / "annotate")


def cells(seed=11):
    labelled = made_study("other", seed=seed)
    return anndata.AnnData(
        labelled.study.counts, var=pd.DataFrame(index=labelled.study.gene_names[0])
    ), labelled.leaves


def test_new_cells_are_named_and_placed_by_their_types(made):
    adata, leaves = cells()
    cellfill.annotate(adata, model=made / "annotate", min_coverage=0)
    cellfill.embed(adata, model=made / "annotate", min_coverage=0)
    assert (adata.obs["cell_type"] == np.array(TREE.leaves)[leaves]).mean() > 0.9
    middles = np.array([adata.obsm["X_annotate"][leaves == leaf].mean(axis=0) for leaf in range(3)])
    nearest = ((adata.obsm["X_annotate"][:, None] - middles) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == leaves).mean() > 0.9


def test_every_part_is_there_and_says_the_same(bundle, trained):
    manifest, classes = bundle.manifest, bundle.classes
    assert replay(bundle).fault == ""
    assert len(bundle.golden.cells) == 10
    assert [(s.name, s.role) for s in manifest.studies] == [
        ("study0", "training"),
        ("study1", "training"),
        ("new", "held-out"),
    ]
    assert classes.leaf_names == TREE.leaves
    assert classes.priors.sum() == pytest.approx(1)
    assert classes.rows[0].cells == classes.rows[1].cells + classes.rows[2].cells  # T cells are CD4 or CD8
    assert sum(classes.rows[int(row)].cells for row in classes.leaves) == 240
    assert manifest.annotation.unknown.threshold == trained["one"].unknown.threshold
    assert set(bundle.reference.types) == set(TREE.leaves)
    assert set(bundle.reference.studies) == {"study0", "study1"}
    assert manifest.architecture.options["dimensions"] == "8"


def test_what_is_judged_never_trained_and_stands_beside_what_learnt_the_same(bundle):
    evaluations = [e for e in bundle.manifest.evaluations if e.task == "annotate"]
    assert {(e.data, e.protocol.partition(";")[0]) for e in evaluations} == {
        ("study0", "a model of the other studies"),
        ("study1", "a model of the other studies"),
        ("new", "a study held out"),
    }
    assert {e.protocol.partition("; ")[2] for e in evaluations} == {"all molecules", "30 % of the molecules"}
    for evaluation in evaluations:
        values = {s.method: s.values for s in evaluation.scores}
        assert list(values)[:2] == ["cellfill", "logistic regression"]
        assert values["cellfill"]["accuracy"] > 0.8 > 0.6 > values["majority class"]["accuracy"]
        assert ("kept" in values["cellfill"]) == (evaluation.data == "new")
    for evaluation in bundle.manifest.evaluations:
        if evaluation.task == "embed":
            values = {s.method: s.values["knn_accuracy"] for s in evaluation.scores}
            assert values["cellfill"] > 0.8 > values["majority class"]
            assert "PCA of the same cells" in values
    judged = bundle.classes.rows
    assert judged[0].judged == judged[1].judged + judged[2].judged
    assert all(0.8 < row.f1 <= 1 for row in judged)
    assert all(row.baseline_f1 > 0.8 for row in judged)


def test_an_embedding_alone_has_no_types_and_the_same_places(made, bundle):
    alone = read_bundle(made / "embed")
    assert alone.manifest.tasks == ("embed",)
    assert {e.task for e in alone.manifest.evaluations} == {"embed"}
    assert sorted(p.name for p in (made / "embed").iterdir()) == [
        "README.md",
        "genes.tsv",
        "golden.json",
        "manifest.json",
        "model.onnx",
        "reference.tsv",
    ]
    assert len(alone.graph) < len(bundle.graph)
    places = {}
    for name in ("annotate", "embed"):
        adata, _ = cells()
        cellfill.embed(adata, model=made / name, min_coverage=0, key_added="X_map")
        places[name] = adata.obsm["X_map"]
    np.testing.assert_array_equal(places["annotate"], places["embed"])
    assert card_faults(alone) == []
    assert "[card] purpose, harms" in missing_of(alone)
    assert "unassigned" not in alone.card


def test_the_card_shows_types_and_is_fit_to_be_published_when_all_is_said(made, tmp_path):
    import shutil

    folder = shutil.copytree(made / "annotate", tmp_path / "annotate")
    every = dict.fromkeys(("source", "licence", "accession", "platform", "cell_types", "reference"), "said")
    studies = {name: StudyWords(**every) for name in ("study0", "study1", "new")}
    words = Words(purpose="Blood.", harms="- H", about=AboutWords(tissue="blood"), studies=studies)
    assert missing_of(rewrite_card(words, folder)) == ()
    after = read_bundle(folder)
    parts = parts_of(after.card)
    row = after.classes.rows[1]
    assert (
        f"| · CD4 T cell | CL:0000624 | {row.cells:,.0f} | {row.judged:,.0f} | {row.precision:.3f}" in parts[TYPES]
    )
    kept = next(s.values["kept"] for e in after.manifest.evaluations for s in e.scores if "kept" in s.values)
    assert f"- new, all molecules: {100 - 100 * kept:.1f} % of 120 known cells are lost" in parts[UNKNOWN]
    without = after.card.replace(f"## {TYPES}", "## Another")
    assert card_faults(dataclasses.replace(after, card=without)) == [f"it lacks the part {TYPES!r}"]


def labelled(numbers, name):
    """A study with so many cells of each leaf."""
    study = made_study(name, seed=1, cells=sum(numbers)).study
    leaves = np.repeat(np.arange(len(numbers)), numbers).astype(np.intp)
    return Labelled(study=study, leaves=leaves, trusted=leaves >= 0)


@pytest.mark.parametrize(
    ("studies", "tree", "message"),
    [
        (
            [labelled((40, 40, 1), "a"), labelled((40, 40, 1), "b")],
            TREE,
            r"3 of a type .* fewer of 'B cell' \(2\)",
        ),
        (
            [labelled((40, 1, 1), "a"), labelled((40, 1, 0), "b")],
            TREE,
            r"'CD8 T cell' \(2\), 'B cell' \(1\)\. In the table of labels",
        ),
        (
            [labelled((40,), "a"), labelled((40,), "b")],
            ClassTree((CellClass(name="T"),)),
            r"is 'T': a model tells two types apart at least\. Is it the right column",
        ),
        (
            [labelled((1,) * 9, "a"), labelled((1,) * 9, "b")],
            ClassTree(tuple(CellClass(name=f"T{n}") for n in range(9))),
            r"'T4' \(2\) and 4 more\. In the table",
        ),
        (
            [made_study("a", seed=1, foreign=True), made_study("b", seed=2, foreign=True)],
            TREE,
            "No cell has a label",
        ),
        (
            [labelled((40, 40), "a"), labelled((40, 40), "b")],
            ClassTree((CellClass(name="T"), CellClass(name="unassigned"))),
            "No type of a model can be called 'unassigned'",
        ),
        ([labelled((40, 40, 40), "a"), labelled((40, 40, 40), "a")], TREE, "Two studies have one name"),
    ],
)
def test_labels_that_teach_nothing_are_one_line_before_training(tmp_path, monkeypatch, studies, tree, message):
    monkeypatch.setattr(training, "train_classifier", None)
    with pytest.raises((DataError, UsageError), match=message) as raised:
        fit_types(studies, tree, out=tmp_path / "model", options=OPTIONS)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "model").exists()


def test_who_has_no_table_is_not_told_to_edit_one(tmp_path):
    few = [labelled((40, 40, 1), name) for name in ("a", "b")]
    with pytest.raises(
        DataError, match=r"\(2\)\. Empty their labels in the column.* an empty type there trains nothing\.$"
    ):
        fit_types(few, TREE, out=tmp_path / "model", options=OPTIONS, label_table=False)
    # The options are of hidden layers: there is none without them.
    plain = ClassifierOptions(network="deep", half=OPTIONS.half)
    with pytest.raises(DataError, match=r"without hidden layers \(--network linear\): a type of a single cell"):
        fit_types(few, TREE, out=tmp_path / "model", options=plain, label_table=False)


def test_the_card_says_that_types_stand_in_a_tree(made):
    assert "names 3 types, which stand in a tree" in " ".join(read_bundle(made / "annotate").card.split())


def test_so_few_genes_that_cells_have_no_counts_are_refused_before_anything_is_read():
    with pytest.raises(UsageError, match=r"genes is 5: many a shallow cell has no count at all .* 50 or more"):
        dataclasses.replace(QUICK, genes=5)
