"""A recipe that is written is the recipe that is read: all that ran and was said, whatever its characters."""

import dataclasses

import pytest

from cellfill.bundle import read_bundle
from cellfill.errors import OutputExistsError, UsageError
from cellfill_training import Study, Words, options_for, tuning_options
from cellfill_training.cards.words import StudyWords, read_words
from cellfill_training.fitting.presets import STRUCTURE
from cellfill_training.recipes.recipe import read_recipe
from cellfill_training.recipes.writing import check_place, recipe_place, write_recipe
from cellfill_training.studies.study import Place
from conftest import MODEL

ODD = 'a "quoted" \\ name\twith é, \x7f and # no comment'
LONG = 'first\n\n"""\n\\ last \\n'


@pytest.fixture
def manifest():
    """Of a model of two studies, of which one judges, and one that trained the model before it."""
    whole = read_bundle(MODEL).manifest
    old, first, *_, last = whole.studies
    return dataclasses.replace(
        whole, studies=(old, dataclasses.replace(first, name=ODD, source=""), last), tissue=""
    )


def study(name, **place):
    return Study(name=name, counts=None, gene_names=(), place=Place(**place))


def written(manifest, tmp_path, **more):
    place = recipe_place(tmp_path / "mine")
    studies = [
        study(ODD, file="a b.h5ad", layer="raw", cells=(ODD, "it's")),
        study(manifest.studies[-1].name, file="/data/x.h5ad"),
    ]
    write_recipe(place, manifest, folder=tmp_path / "mine", studies=studies, **more)
    return place


def test_what_ran_and_what_was_said_come_back(manifest, tmp_path):
    options = tuning_options("default", seed=7, weight_decay=0.5)
    words = Words(
        doi="10.5281/zenodo.1",
        purpose=LONG,
        harms=ODD,
        studies={ODD: StudyWords(licence="x", platform=ODD, tissue="skin"), "pbmc3k": StudyWords(reference=LONG)},
    )
    place = written(
        manifest,
        tmp_path,
        options=options,
        words=words,
        start=tmp_path / "old",
        gene_tables=["g.csv"],
        targets="t.txt",
    )
    recipe = read_recipe(place)
    assert (recipe.start, recipe.gene_tables, recipe.targets) == (str(tmp_path / "old"), ("g.csv",), "t.txt")
    assert recipe.options == options
    assert [(s.name, s.file, s.layer, s.cells, s.held_out) for s in recipe.studies] == [
        (ODD, "a b.h5ad", "raw", (ODD, "it's"), False),
        (manifest.studies[-1].name, "/data/x.h5ad", "", None, True),
    ]
    assert (recipe.words.purpose, recipe.words.harms) == (LONG, ODD)
    assert recipe.words.studies[ODD].platform == ODD
    assert recipe.words.studies[ODD].tissue == "skin"
    assert recipe.words.studies["pbmc3k"].reference == LONG  # whose cells are not in the files
    assert recipe.words.about.species == "Homo sapiens"
    assert read_words(place) == recipe.words


def test_every_option_stands_there_so_that_a_later_default_changes_nothing(manifest, tmp_path):
    for preset, options in (("default", options_for("default", max_targets=9)), ("paper", options_for("paper"))):
        architecture = dataclasses.replace(manifest.architecture, preset=preset)
        of_preset = dataclasses.replace(manifest, architecture=architecture, studies=manifest.studies[1:])
        place = written(of_preset, tmp_path, options=options, words=Words())
        assert read_recipe(place).options == options
        text = place.read_text()
        given = {name for name, value in dataclasses.asdict(options).items() if value is not None}
        assert all(f"\n{name} = " in text for name in given)
        assert set(STRUCTURE) & given


def test_a_study_without_a_file_is_one_of_the_model_that_another_goes_on_from(manifest, tmp_path):
    place = written(manifest, tmp_path, options=options_for("default"), words=Words())
    with pytest.raises(UsageError, match="it lacks 'file'"):
        read_recipe(place)


def test_a_recipe_that_a_person_may_have_filled_in_is_not_replaced(manifest, tmp_path):
    place = written(manifest, tmp_path, options=options_for("default"), words=Words())
    with pytest.raises(OutputExistsError, match="with --force, which keeps what was said"):
        check_place(place, overwrite=False)
    check_place(place, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.recipe.toml"]
