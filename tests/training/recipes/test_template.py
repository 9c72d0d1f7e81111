"""The recipe to fill in: it has every key that a recipe may have, and parses as it is and with all of them."""

import re
import subprocess
import sys
import tomllib

import pytest

from cellfill.errors import UsageError
from cellfill_training.architectures.catalogue import ARCHITECTURES
from cellfill_training.cards.words import ABOUT_KEYS, CARD_KEYS, FILE_KEYS, RECIPE_KEYS, STUDY_KEYS
from cellfill_training.recipes.recipe import read_recipe
from cellfill_training.recipes.template import recipe_template

KINDS = [("impute", None), ("annotate", None), ("embed", None), *((None, name) for name in sorted(ARCHITECTURES))]
# Of a model that continues another, what made that one is its own; and one may not name the types by two ways.
EXCLUDED = {"from", "label_file"}


def whole(text, *, without=EXCLUDED):
    """Return a template with everything said that is a comment."""
    lines = []
    for line in text.splitlines():
        found = re.match(r"# (\w+) = ", line)
        lines.append(line[2:] if found and found[1] not in without else line)
    return "\n".join(lines)


@pytest.mark.parametrize(("task", "name"), KINDS)
def test_it_is_a_recipe_as_it_is_and_with_every_key_said(tmp_path, task, name):
    text, place = recipe_template(task, name), tmp_path / "my.toml"
    place.write_text(text)
    with pytest.raises(UsageError, match="'study1' of the recipe has no file: name it, or take the study out"):
        read_recipe(place)
    text = text.replace('file = ""', 'file = "a.h5ad"')
    place.write_text(text)
    plain = read_recipe(place)
    assert plain.task == (task or "impute")
    assert [study.held_out for study in plain.studies] == [False, True]
    place.write_text(whole(text))
    said = read_recipe(place)
    assert said.studies[0].cells == ("donor", "A")
    assert said.architecture == (name or "")
    # Every option that is shown with its default has it.
    differ = {"rare_cells", "max_targets", "max_predictors", "most_genes", "rate_patience", "reference", "network"}
    assert {k for k, v in vars(said.options).items() if v != getattr(plain.options, k)} <= differ


def test_together_they_have_every_key_that_a_recipe_may_have():
    raws = [tomllib.loads(whole(recipe_template(*kind), without=set())) for kind in KINDS]
    assert {key for raw in raws for key in raw} == {*RECIPE_KEYS, "about", "card", "study"}
    assert all(set(raw["about"]) == set(ABOUT_KEYS) and set(raw["card"]) == set(CARD_KEYS) for raw in raws)
    assert {key for raw in raws for study in raw["study"] for key in study} == {*FILE_KEYS, *STUDY_KEYS}


def test_what_a_network_cannot_do_is_refused():
    with pytest.raises(UsageError, match="dca does not annotate"):
        recipe_template("annotate", "dca")


def test_the_command_prints_it_and_needs_no_tensorflow():
    code = (
        "import sys; from cellfill_training.cli import app; "
        "app(['template', '--task', 'annotate'], standalone_mode=False); assert 'tensorflow' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert tomllib.loads(done.stdout)["task"] == "annotate"
    assert done.stderr == ""
