"""The presets are what they say, and options that mean nothing are refused."""

import dataclasses
import subprocess
import sys

import pytest

import cellfill_training
from cellfill.errors import UsageError
from cellfill_training import PRESETS, FitOptions, options_for
from cellfill_training.workflow.options import said_default


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


def test_help_says_what_an_option_is_by_preset_and_task():
    assert (
        said_default("learning_rate") == "0.001; preset paper: 0.0001; --from: 0.0003; --architecture: the paper's"
    )
    assert said_default("rounds") == "--architecture: the paper's"
    assert said_default("hidden") == "256; annotate and embed: 128"
    assert said_default("genes") == "2500"
    loaded = "import sys, cellfill_training.cli.fit; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


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
