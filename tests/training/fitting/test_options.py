"""The presets are what they say, and options that mean nothing are refused."""

import dataclasses
import subprocess
import sys

import pytest

import cellfill_training
from cellfill.errors import UsageError
from cellfill_training import ARCHITECTURES, PRESETS, FitOptions, options_for
from cellfill_training.fitting.presets import STRUCTURE
from cellfill_training.workflow.options import every_default, said_defaults


def test_public_names():
    assert set(cellfill_training.__all__) == {
        *("About", "FitOptions", "GeneTable", "PRESETS", "Study", "Words", "__version__"),
        *("fit", "options_for", "read_gene_table", "read_study", "tuning_options"),
        *(
            "ARCHITECTURES",
            "Architecture",
            "NetworkOptions",
            "architecture_options",
            "fit_network",
            "read_gene_sets",
        ),
        *("ClassifierOptions", "Given", "fit_types", "label_studies", "read_label_table", "read_markers"),
    }
    assert all(hasattr(cellfill_training, name) for name in cellfill_training.__all__)
    with pytest.raises(AttributeError):
        _ = cellfill_training.nothing


def test_the_paper_preset_is_the_paper():
    paper = PRESETS["paper"]
    assert (paper.group_size, paper.predictors_per_target, paper.hidden, paper.dropout) == (512, 5, 256, 0.2)
    assert (paper.learning_rate, paper.batch_size, paper.max_epochs, paper.patience) == (1e-4, 64, 500, 5)
    assert (paper.held_out_fraction, paper.min_dispersion) == (0.05, 0.5)
    assert (paper.objective, paper.predictor_scale, paper.keep) == ("weighted-mse", "counts", "last")
    assert not any([paper.even_groups, paper.study_levels, paper.thinning, paper.hide, paper.weight_decay])


def test_the_default_preset_is_the_default_of_every_option():
    assert PRESETS["default"] == FitOptions() == options_for("default")


def test_help_says_the_options_of_the_training_that_is_typed_and_their_numbers():
    plain, paper = said_defaults({}), said_defaults({"preset": "paper"})
    assert plain["learning_rate"].default == "0.001"
    assert plain["even_groups"].default == "even-groups"
    assert plain["max_targets"].default == "none"
    assert (paper["learning_rate"].default, paper["even_groups"].default) == ("0.0001", "no-even-groups")
    tuned = said_defaults({"start": "model"})
    assert tuned["learning_rate"].default == "0.0003"
    assert not tuned.keys() & set(STRUCTURE)
    named = said_defaults({"task": "annotate"})
    assert (named["hidden"].default, named["hidden"].group) == ("128", "Types and embeddings")
    assert (plain["hidden"].default, plain["hidden"].group) == ("256", "Network")
    assert "max_epochs" not in named
    assert "rounds" not in plain
    for name, kind in ARCHITECTURES.items():
        said = said_defaults({"architecture": name, "task": kind.tasks[0]})
        assert said.keys() == kind.reads
        if kind.in_steps:
            assert said["max_epochs"].default == str(kind.published["max_epochs"])
    assert said_defaults({"architecture": "none of ours"}) == plain
    assert every_default("hidden") == "256 (impute, --preset paper); 128 (annotate and embed)"
    assert every_default("genes") == "2500"
    assert every_default("rounds") == str(ARCHITECTURES["scscope"].published["rounds"])
    loaded = "import sys, cellfill_training.cli.fit; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


@pytest.mark.parametrize(
    ("typed", "there", "absent"),
    [
        ((), ("--max-targets", "[default: 512]"), ("--rounds", "--epochs", "the paper's", "None")),
        (("--architecture", "dca"), ("--likelihood", "[default: 64]"), ("--group-size", "--rounds", "the paper's")),
        (("--task", "embed"), ("--epochs", "[default: 24]"), ("--group-size", "--patience")),
    ],
)
def test_help_is_of_what_is_typed_before_it_or_behind(typed, there, absent):
    said = []
    for line in ((*typed, "--help"), ("--help", *typed)):
        command = [sys.executable, "-m", "cellfill_training.cli", "fit", *line]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        said.append(" ".join(done.stdout.split()))
    assert said[0] == said[1]
    assert all(words in said[-1] for words in there)
    options = said[-1].partition("Arguments:")[2]
    assert not [words for words in absent if words in options]


def test_none_leaves_the_value_of_the_preset():
    changed = options_for("paper", hidden=32, dropout=None)
    assert changed == dataclasses.replace(PRESETS["paper"], hidden=32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dropout": 1.5}, "a share from 0 to 1"),
        ({"dropout": float("nan")}, "a share"),
        ({"cells_fraction": 0.0}, "must leave some cells"),
        ({"held_out_fraction": 0.9}, "at most 0.5"),
        ({"hidden": 0}, "at least 1"),
        ({"max_targets": 0}, "at least 1"),
        ({"learning_rate": -1.0}, "must be positive"),
        ({"weight_decay": 1e6}, "product below 1"),
        ({"objective": "weighted-mse", "thinning": 0.5}, "poisson objective only"),
        ({"colour": 1}, "no option 'colour'"),
    ],
)
def test_options_that_mean_nothing_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        options_for("default", **changes)


def test_a_preset_that_is_not_there():
    with pytest.raises(UsageError, match="no preset 'best'"):
        options_for("best")
