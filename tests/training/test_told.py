"""What is told of a training and of an evaluation while they run: phases, and tables as soon as there are any."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from cellfill import console
from cellfill.bundle import read_bundle, write_bundle
from cellfill.progress import listening
from cellfill_training.cards.card import write_card
from cellfill_training.cli.progress import Told, say_what_is_missing, tell_training
from cellfill_training.evaluation import methods
from cellfill_training.evaluation.run import evaluate_methods
from cellfill_training.evaluation.subjects import Subject
from conftest import DATA, ROOT
from listening import Heard
from training.small import programmes, study_of


def test_a_training_tells_its_phases_in_order(phases_of_tiny):
    order = ["choosing genes", "epochs", "exporting", "what each gene is worth", "judging", "judging gene by gene"]
    assert [name for name in phases_of_tiny.begun if name in order] == order
    assert phases_of_tiny.whole, phases_of_tiny.ended


@pytest.mark.parametrize("protocols", [["masked"], ["masked", "molecules", "truth"], ["truth", "clusters"]])
def test_of_what_an_evaluation_says_is_to_be_done_all_is_done(protocols):
    _, counts, kind = programmes(cells=60, genes=40)
    subject = Subject(study=study_of(counts), labels=kind.astype(str), truth=study_of(counts).counts)
    mine = methods.of_function("mine", lambda counts: counts.toarray() + 0.1, gives="expected")
    heard = Heard()
    with listening(heard):
        evaluate_methods([mine], [subject], protocols=protocols, sizes=(30, None), seeds=(0, 1))
    assert heard.whole, heard.ended
    (total,) = (total for name, total, _ in heard.ended if name == "judging")
    assert total == {1: 4, 3: 12, 2: 4}[len(protocols)]  # clusters and truth show the same cells


@pytest.mark.parametrize(("labels", "key"), [("cell_type", " --key-added NAME"), ("sorted_type", ""), (None, "")])
def test_cells_that_have_the_column_of_types_are_named_under_another_key(tmp_path, capsys, labels, key):
    bundle = read_bundle(ROOT / "model_cards" / "human-pbmc-types")
    tell_training(lambda new, *_: write_bundle(bundle, new), tmp_path / "m", Told(), overwrite=False, labels=labels)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(f"cellfill annotate cells.h5ad --model {tmp_path / 'm'} --output typed.h5ad{key}")


def test_a_model_that_is_no_better_than_the_gene_mean_by_itself_is_warned_of_last(tmp_path, capsys):
    bundle = read_bundle(ROOT / "model_cards" / "human-lung-cell-lines")
    _, record = tell_training(
        lambda new, *_: write_bundle(bundle, new), tmp_path / "m", Told(quiet=True), overwrite=False
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: By itself, not calibrated, it is no better on mix3cl_dropseq")
    assert record["warnings"] == [line.removeprefix("warning: ")]


def test_a_model_that_was_not_judged_is_not_recommended(tmp_path, capsys):
    bundle = read_bundle(ROOT / "model_cards" / "human-pancreas")
    unjudged = replace(bundle, manifest=replace(bundle.manifest, evaluations=()))

    def train(new, _on_epoch, on_step):
        on_step("WARNING 60 cells are few.")
        return write_bundle(unjudged, new)

    _, record = tell_training(train, tmp_path / "m", Told(), overwrite=False)
    said = capsys.readouterr().err
    assert "it was judged on no cells: nobody knows whether it is of use." in said
    assert "with it" not in said
    assert record["warnings"] == ["60 cells are few."]


def test_a_tissue_that_nobody_said_is_asked_for_where_its_blank_is(tmp_path, capsys):
    bundle = read_bundle(ROOT / "model_cards" / "human-pbmc")
    untold = replace(bundle, manifest=replace(bundle.manifest, tissue=""))
    said = write_card(untold.manifest, untold.genes)
    say_what_is_missing(replace(untold, card=said), tmp_path, tmp_path / "m.recipe.toml")
    lines = [line.strip() for line in capsys.readouterr().err.splitlines()]
    assert lines.count("[about] tissue") == 1
    assert not [line for line in lines if line.startswith("[[study]]") and "tissue" in line]
    assert [line for line in lines if line.startswith("[[study]]") and line.endswith("reference")]


def test_the_first_table_is_printed_before_the_second_protocol_runs(monkeypatch, capsys):
    from cellfill_training.cli import evaluate as command
    from cellfill_training.cli.program import app

    printed = []

    def mine(counts):
        printed.append(capsys.readouterr().out)
        return np.asarray(counts.todense()) + 0.1

    monkeypatch.setattr(command, "_methods", lambda *_: [methods.of_function("mine", mine, gives="expected")])
    arguments = ("evaluate", "default", "--data", DATA / "pbmc3k_400.h5ad", "--seeds", 1, "--sizes", 60)
    arguments += ("--min-genes", 50, "--protocol", "masked", "--protocol", "molecules")
    monkeypatch.setattr(sys, "argv", ["cellfill-train", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        console.run(app)
    assert ended.value.code == 0
    assert printed[0] == ""
    assert printed[1].startswith("pbmc3k_400, masked")
    last = capsys.readouterr()
    assert "molecules" in last.out
    assert "masked" not in last.out
    assert "\r" not in last.err
