"""Few cells: a warning, no figures that are luck; and a species that nobody named."""

import dataclasses
import warnings
from pathlib import Path

import pytest

from cellfill.bundle.card import FIGURES, HARMS, NOT_STATED, QUALITY, parts_of
from cellfill.errors import DataError, SpeciesError
from cellfill.hub.publish import missing_of
from cellfill_training import About, Words, fit, options_for, tuning_options
from cellfill_training.cards.about import Settled, settle
from cellfill_training.cards.words import AboutWords
from cellfill_training.judging.held_out import LEAST_CELLS
from cellfill_training.workflow.imputation.few_cells import FEW_CELLS, few_cells
from conftest import ROOT
from training.tiny import TINY

FAST = options_for("default", **(TINY | {"max_epochs": 1}))


def first(study, cells, name="few"):
    return dataclasses.replace(study.take(slice(0, cells)), name=name)


@pytest.fixture(scope="module")
def few(studies, tmp_path_factory):
    """A model of sixty cells, what was said, and how it was warned of."""
    said = []
    bundle = fit(
        [first(studies[0], 60)],
        out=tmp_path_factory.mktemp("few") / "few",
        options=FAST,
        about=About(licence="mit"),
        words=Words(about=AboutWords(licence="cc0-1.0", tissue="blood")),
        on_step=said.append,
    )
    return bundle, said


def test_a_model_of_few_cells_is_warned_of(few):
    _, said = few
    (warning,) = (line for line in said if line.startswith("WARNING"))
    assert "60 cells are few" in warning
    assert f"below {FEW_CELLS} a pre-trained model" in warning
    assert "--from" in warning


@pytest.mark.parametrize(
    ("species", "tissue", "named", "absent"),
    [
        ("Homo sapiens", "Blood", ["There is one of Blood", "--from model_cards/human-pbmc ("], ["pancreas"]),
        ("Homo sapiens", "", ["human-pbmc (blood)", "human-pancreas (pancreas)"], ["mouse", "types"]),
        ("unknown", "", ["human-pbmc (blood)", "mouse-bone-marrow (bone marrow)"], ["types"]),
        ("Mus musculus", "skin", ["--from"], ["model_cards"]),
        ("Danio rerio", "", ["--from"], ["model_cards"]),
    ],
)
def test_the_warning_names_models_at_hand_that_can_be_continued(
    studies, monkeypatch, species, tissue, named, absent
):
    monkeypatch.delenv("CELLFILL_MODELS", raising=False)
    monkeypatch.chdir(ROOT)
    said = Settled(species=species, tissue=tissue, licence="mit")
    (warning,) = few_cells([first(studies[0], 60)], said, None)
    assert [words for words in named if words not in warning] == []
    assert [words for words in absent if words in warning.replace("pre-trained model of the same tissue", "")] == []


@pytest.mark.parametrize("start", [False, True])
def test_fewer_cells_than_could_judge_train_nothing(studies, tiny, tmp_path, start):
    more = {"start": tiny, "options": tuning_options("default", min_genes=50)} if start else {"options": FAST}
    with pytest.raises(DataError, match=r"^19 cells are too few to train on: below 20 nobody .*cellfill recommend"):
        fit([first(studies[0], LEAST_CELLS - 1)], out=tmp_path / "x", **more)
    assert list(tmp_path.iterdir()) == []


def test_python_warns_where_nobody_listens(studies, tmp_path):
    wanted = [*studies[0].gene_names[0][:200], "no-such-gene"]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        fit([first(studies[0], 50)], out=tmp_path / "x", options=FAST, targets=wanted)
    ours = [warning for warning in told if warning.category is UserWarning]
    few, lost = (str(warning.message) for warning in ours)
    assert few.startswith("50 cells are few")
    assert " of 201 genes of --targets will not be filled: " in lost
    assert {Path(warning.filename) for warning in ours} == {Path(__file__)}  # where it was asked for


def test_going_on_from_a_model_is_not_warned_of(studies, tiny, tmp_path):
    said = []
    options = tuning_options("default", min_genes=50, max_epochs=1)
    fit([first(studies[1], 60)], out=tmp_path / "x", start=tiny, options=options, on_step=said.append)
    assert not any("WARNING" in line for line in said)


def test_enough_cells_are_not_warned_of(studies, tmp_path):
    said = []
    fit(studies[1:], out=tmp_path / "x", options=FAST, on_step=said.append)
    assert not any("WARNING" in line for line in said)


def test_a_card_has_no_figures_of_a_few_cells(few):
    bundle, said = few
    assert bundle.manifest.evaluations == ()
    assert not any(gene.mse == gene.mse for gene in bundle.genes)
    parts = parts_of(bundle.card)
    for part in (FIGURES, QUALITY):
        assert "stopping cells of few, 3 cells: too few for figures" in parts[part]
        assert NOT_STATED not in parts[part]
    assert "In none of these figures" not in bundle.card
    assert "judged genes" not in parts[HARMS]
    assert "not judged: stopping cells of few, 3 cells: too few for figures" in said
    missing = missing_of(bundle)
    assert missing[0].startswith("figures on held-out cells")
    assert [line.split()[0] for line in missing] == ["figures", "[card]", "[[study]]"]  # the card itself is sound


@pytest.mark.parametrize(("cells", "judged"), [(LEAST_CELLS - 1, False), (LEAST_CELLS, True)])
def test_a_held_out_study_judges_from_twenty_cells_on(studies, tmp_path, cells, judged):
    bundle = fit(studies[:1], out=tmp_path / "x", options=FAST, held_out=[first(studies[1], cells)])
    assert bool(bundle.manifest.evaluations) == judged
    assert any(gene.mse == gene.mse for gene in bundle.genes) == judged
    assert bundle.manifest.studies[1].cells == cells


def test_a_species_that_nobody_named_is_told_by_the_genes(few):
    bundle, said = few
    assert bundle.manifest.species == "Homo sapiens"
    assert bundle.manifest.provenance["species"].startswith("told by ")
    assert any(line.startswith("species: Homo sapiens, by ") for line in said)
    assert "- homo-sapiens" in bundle.card.splitlines()
    assert (bundle.manifest.licence, bundle.manifest.tissue) == ("mit", "blood")  # said here, and by words


def named(study, *names):
    return dataclasses.replace(study, gene_names=(tuple(names),))


HUMAN, MOUSE, RODENT, NONE = (
    [f"ENSG{i:011d}" for i in range(50)],
    [f"ENSMUSG{i:011d}" for i in range(50)],
    [f"Abc{i}" for i in range(50)],
    [f"gene_{i}" for i in range(50)],
)


@pytest.mark.parametrize(
    ("about", "words", "names", "species"),
    [
        ("", "", [HUMAN], "Homo sapiens"),
        ("", "", [MOUSE], "Mus musculus"),
        ("", "", [MOUSE, RODENT], "Mus musculus"),
        ("", "", [HUMAN, NONE], "Homo sapiens"),
        ("", "", [RODENT], "unknown"),
        ("", "", [NONE], "unknown"),
        ("unknown", "", [HUMAN, MOUSE], "unknown"),
        ("unknown", "", [HUMAN], "unknown"),
        ("", "Homo sapiens", [NONE], "Homo sapiens"),
        ("Danio rerio", "Homo sapiens", [NONE], "Danio rerio"),
    ],
)
def test_what_is_said_goes_before_what_names_tell(studies, about, words, names, species):
    made = [named(studies[0], *some) for some in names]
    settled = settle(About(species=about), Words(about=AboutWords(species=words)), None, made)
    assert settled.species == species
    assert bool(settled.told) == (not about and not words and species != "unknown")


def test_studies_of_two_species_are_refused_where_none_is_named(studies, tmp_path):
    pair = [named(studies[0], *HUMAN), dataclasses.replace(named(studies[0], *MOUSE), name="gut")]
    message = rf"{studies[0].name} looks like Homo sapiens .* and gut like Mus musculus .*--orthologues"
    with pytest.raises(SpeciesError, match=message):
        fit(pair, out=tmp_path / "x", options=FAST)
    assert issubclass(SpeciesError, DataError)
    assert not (tmp_path / "x").exists()


def test_a_species_that_the_genes_contradict_is_refused_before_the_training(studies, tmp_path):
    with pytest.raises(SpeciesError, match="looks like Homo sapiens"):
        fit(studies[:1], out=tmp_path / "x", options=FAST, about=About(species="Mus musculus"))
    assert not (tmp_path / "x").exists()
