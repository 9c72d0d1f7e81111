"""A task is said once, on a command line or in a recipe; what another task reads is refused by its name."""

from __future__ import annotations

import dataclasses

import pytest
from typer.testing import CliRunner

from cellfill.bundle import read_bundle
from cellfill.errors import UsageError
from cellfill_training import Words
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.cli import app
from cellfill_training.fitting.presets import options_for
from cellfill_training.recipes.recipe import fit_recipe, read_recipe
from cellfill_training.recipes.writing import write_recipe
from cellfill_training.studies.study import Place, Study
from cellfill_training.workflow.options import classifier_options
from conftest import EXAMPLE, MODEL, ROOT
from runtime import bundles

TYPES = ("--task", "annotate", "--labels", "sorted_type")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (("--task", "annotate"), "name their column of obs with --labels"),
        ((*TYPES, "--min-detection", "0.1"), "--min-detection is of --task impute, and the task is annotate"),
        ((*TYPES, "--preset", "paper"), "--preset is of --task impute"),
        ((*TYPES, "--from", str(MODEL)), "--from is of --task impute"),
        (("--labels", "sorted_type"), "--labels is of --task annotate or embed, and the task is impute"),
        (("--epochs", "3"), "--epochs is of --task annotate or embed"),
        (("--task", "embed", "--labels", "kind"), "has no column 'kind' in obs; it has"),
        (
            (*TYPES, "--network", "linear", "--epochs", "3"),
            "--epochs is of hidden layers, and the network is linear",
        ),
        (("--gene-sets", "sets.gmt"), "--gene-sets is of a published network"),
        (("--architecture", "dca", "--gene-sets", "sets.gmt"), "--gene-sets does not go with --architecture dca"),
        (("--architecture", "dca", *TYPES[2:]), "--labels does not go with --architecture dca"),
        (("--architecture", "lin"), "lin learns from the types of cells: name their column of obs with --labels"),
        (("--architecture", "lin", *TYPES, "--most-sets", "9"), "--most-sets is of gene sets: name their file"),
        (("--architecture", "gonn", *TYPES), "gonn is wired by gene sets: give a GMT file with --gene-sets"),
    ],
)
def test_what_is_of_another_task_or_cannot_be_learnt_is_refused_by_name(tmp_path, typed, message):
    result = CliRunner().invoke(app, ["fit", str(EXAMPLE), "--out", str(tmp_path / "new"), "-q", *typed])
    assert message in " ".join(str(result.exception).split())
    assert isinstance(result.exception, (UsageError, ValueError))
    assert list(tmp_path.iterdir()) == []


def test_options_that_both_kinds_of_training_have_are_of_either():
    assert classifier_options(seed=3, learning_rate=None) == ClassifierOptions(seed=3)
    # Who names one of the layers' choices wants layers, though it be the one that they have anyway.
    assert classifier_options(hidden=ClassifierOptions.hidden) == ClassifierOptions(network="deep")
    with pytest.raises(UsageError, match="no option 'dropout'; there are batch_size"):
        classifier_options(dropout=0.1)
    with pytest.raises(UsageError, match=r"no option 'epoch'; did you mean 'epochs'\?"):
        classifier_options(epoch=1)
    with pytest.raises(UsageError, match=r"no option 'max_epoch'; did you mean 'max_epochs'\?"):
        options_for("default", max_epoch=1)


def test_a_recipe_of_types_comes_back_as_it_was_written(tmp_path):
    manifest = read_bundle(bundles.make(tmp_path / "small", tasks=("annotate", "embed"))).manifest
    names = [study.name for study in manifest.studies]
    studies = [
        Study(name=name, counts=None, gene_names=(), place=Place(file=f"{name}.h5ad", cells=("donor", "A")))
        for name in names
    ]
    options = ClassifierOptions(seed=4, half=False)
    labels = {"labels": "kind", "label_table": "table.tsv", "markers": ""}
    place = tmp_path / "small.recipe.toml"
    write_recipe(place, manifest, folder=tmp_path, studies=studies, options=options, words=Words(), labels=labels)
    recipe = read_recipe(place)
    assert (recipe.task, recipe.options, recipe.label_table, recipe.markers) == (
        "annotate",
        options,
        "table.tsv",
        "",
    )
    assert {(s.labels, s.label_file, s.cells) for s in recipe.studies} == {("kind", "", ("donor", "A"))}
    text = place.read_text()
    assert all(f"\n{name} = " in text for name in dataclasses.asdict(options))
    for old, new, message in (
        ('task = "annotate"', 'task = "name"', "There is no task 'name'"),
        ('task = "annotate"', 'task = "impute"', "labels is of another task than impute"),
        ('task = "annotate"', 'task = "annotate"\npreset = "paper"', "preset is of another task than annotate"),
        ("factor_sd", "factor_ds", "no option 'factor_ds'"),
    ):
        place.write_text(text.replace(old, new))
        with pytest.raises(UsageError, match=message):
            read_recipe(place)


def test_a_recipe_may_learn_from_parts_of_one_file(tmp_path, monkeypatch):
    types = ("CD19+ B", "CD56+ NK", "CD14+ Monocyte")
    studies = "".join(
        f'[[study]]\nname = "{i}"\nfile = "{EXAMPLE.name}"\ncells = {{ sorted_type = "{name}" }}\n'
        'source = ""\nlicence = ""\n'
        for i, name in enumerate(types)
    )
    rows = "".join(f"{name}\t{name}\t\t\n" for name in types)
    (tmp_path / "types.tsv").write_text("label\ttype\tparent\tontology_id\n" + rows)
    (tmp_path / "r.toml").write_text(
        'task = "annotate"\nlabels = "sorted_type"\nlabel_table = "types.tsv"\n' + studies
    )
    given = {}
    monkeypatch.setattr(
        "cellfill_training.recipes.recipe.fit_types", lambda *a, **k: given.update(studies=a[0], **k)
    )
    fit_recipe(read_recipe(tmp_path / "r.toml"), data=EXAMPLE.parent, out=tmp_path / "new", leave_out="2")
    assert [(s.study.name, set(s.leaves.tolist()), len(s.leaves)) for s in given["studies"]] == [
        ("0", {0}, 43),
        ("1", {1}, 42),
    ]
    assert [s.study.name for s in given["held_out"]] == ["2"]


def test_the_committed_recipe_of_types_holds_out_what_never_trains():
    recipe = read_recipe(ROOT / "training" / "recipes" / "human-pbmc-types.toml")
    assert {s.name for s in recipe.studies if s.held_out} == {"kang_pbmc", "zheng_sorted"}
    assert (recipe.folder / recipe.label_table).is_file()
    assert (recipe.folder / recipe.markers).is_file()


@pytest.mark.parametrize("typed", [True, False])
def test_a_network_is_given_the_types_and_gene_sets_that_a_person_names(tmp_path, monkeypatch, typed):
    (tmp_path / "sets.gmt").write_text("a\t\tCD3D\tCD3E\nb\t\tLYZ\n")
    asked = {"architecture": "gonn", "labels": "sorted_type", "gene_sets": str(tmp_path / "sets.gmt")}
    given = {}

    def fit(*args, **kwargs):
        given.update(studies=args[0], **kwargs)
        raise UsageError("enough")

    if typed:
        monkeypatch.setattr("cellfill_training.workflow.networks.training.fit_network", fit)
        flags = [part for key, value in asked.items() for part in (f"--{key.replace('_', '-')}", value)]
        CliRunner().invoke(app, ["fit", str(EXAMPLE), "--out", str(tmp_path / "new"), "-q", *flags])
    else:
        monkeypatch.setattr("cellfill_training.recipes.recipe.fit_network", fit)
        study = f'[[study]]\nname = "a"\nfile = "{EXAMPLE.name}"\nsource = ""\nlicence = ""\n'
        place = tmp_path / "r.toml"
        place.write_text("".join(f'{key} = "{value}"\n' for key, value in asked.items()) + study)
        with pytest.raises(UsageError, match="enough"):
            fit_recipe(read_recipe(place), data=EXAMPLE.parent, out=tmp_path / "new")
        place.write_text(place.read_text().replace("gonn", "dca"))
        with pytest.raises(UsageError, match="labels does not go with dca"):
            read_recipe(place)
    assert [len(one.leaves) for one in given["studies"]] == [300]
    assert len(given["tree"].leaves) == 7
    assert [one.name for one in given["gene_sets"]] == ["a", "b"]
